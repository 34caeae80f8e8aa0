"""Finding a listing among those that the acting council is entitled to."""
