"""`python -m booking.cli` is `yhteistila`: how the server starts its worker, wherever the script lies."""

from booking.cli import main

main(prog_name="yhteistila")
