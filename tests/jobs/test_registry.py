"""Which function does which kind of job."""

from __future__ import annotations

import pytest

from marketplace.jobs.registry import job, kinds


class TestRegistry:
    def test_a_job_has_one_handler(self, db):
        with pytest.raises(TypeError, match=r"Two functions want to do test\.write"):
            job("test.write")(print)

    def test_every_kind_has_a_name_of_its_package(self, db):
        assert [each.name for each in kinds() if each.name.count(".") != 1] == []
