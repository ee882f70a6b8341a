"""The command's process, ``evalsuite`` or ``python -m evalsuite``: it is alone, and soon over."""

from evalsuite.cli.shared.process import collect_no_more, collect_seldom

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process."""
    collect_seldom()  # before anything else is loaded
    from evalsuite.cli.main import main as run_command

    try:
        run_command(arguments)
    finally:
        collect_no_more()


if __name__ == "__main__":
    main()
