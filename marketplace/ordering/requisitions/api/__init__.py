"""Operations on requisitions and approvals."""
