"""Operations of receipts."""
