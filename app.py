"""Serve Boltzmann Studio: ``python app.py [--host H] [--port P] [--data DIR] [--runs DIR] [--debug]``."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any


def main() -> int:
    """Read the flags, start the engine, serve until Ctrl-C."""
    # Here, since worker processes import this file again and need none of it.
    from waitress.server import create_server

    from boltzmann.runs.engine import Engine
    from boltzmann.settings import Settings
    from boltzmann.ui.app import create_app
    from demo_configs import DEMO

    parser = argparse.ArgumentParser(description="Serve Boltzmann Studio.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=8050, help="port to listen on (default: 8050; 0: any free one)")
    parser.add_argument("--data", help="folder that holds MNIST (default: BOLTZMANN_DATA, else ./data)")
    parser.add_argument("--runs", help="folder of the runs (default: BOLTZMANN_RUNS, else ./runs)")
    parser.add_argument("--debug", action="store_true", help="Dash's development tools")
    flags = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    settings = Settings.find(flags.data, flags.runs)
    engine = Engine(settings)
    app = create_app(settings, engine, DEMO, host=flags.host, debug=flags.debug)
    try:
        if flags.debug:
            engine.start()
            app.run(host=flags.host, port=flags.port, debug=True, use_reloader=False, dev_tools_hot_reload=False)
            return 0
        try:
            server = create_server(app.server, host=flags.host, port=flags.port, threads=8, ident="boltzmann")
        except OSError as error:
            print(f"cannot listen on {flags.host}:{flags.port} ({error}): choose another with --port", file=sys.stderr)
            return 1
        engine.start()
        print(f"Boltzmann Studio is at http://{flags.host}:{server.effective_port}", flush=True)  # type: ignore[union-attr]
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        engine.close()
    return 0


def _leave(_signal: int, _frame: Any) -> None:
    # A stopped container or service ends the workers in order, as Ctrl-C does.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
