"""What `boltzmann bench` measures on the machine at hand."""
