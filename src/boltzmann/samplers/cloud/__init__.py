"""What the adapters of real services share: a client in a process of its own, budgets, recorded answers, failures."""
