from marketplace.approvals.models.cases import Case, Decision, Step
from marketplace.approvals.models.policies import Delegation, Policy, PolicyTier

__all__ = ["Case", "Decision", "Delegation", "Policy", "PolicyTier", "Step"]
