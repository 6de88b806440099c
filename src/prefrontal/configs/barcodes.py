"""What problems that come back are known by."""

from prefrontal.errors import UserError


def check_barcodes(context_size: int, num: int) -> None:
    """Refuse barcodes too short for each of `num` problems to have its own.

    Raises:
        UserError: when there are fewer than `num` of that length.
    """
    if context_size < num.bit_length() - (num & (num - 1) == 0):
        raise UserError(
            f"`context_size` must be long enough for {num} barcodes that differ, got {context_size}: there are "
            f"{2**context_size} of that length. They are drawn at random: give twice as many bars as that takes."
        )
