"""Nothing that only GOV.UK may show is served."""

from pathlib import Path

import pytest

from marketplace.web import assets

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("assets") / "govuk"
    assets.build_assets(NODE_MODULES, target)
    return target


class TestBuildAssets:
    def test_takes_the_stylesheet_and_the_script_and_nothing_else(self, built):
        assert sorted(path.name for path in built.iterdir()) == [
            "govuk-frontend.min.css",
            "govuk-frontend.min.js",
        ]

    def test_serves_nothing_that_names_gds_transport_crown_or_crest(self, built):
        ours = ROOT / "marketplace" / "web"
        served = [*built.iterdir(), *(p for p in (ours / "static").rglob("*") if p.is_file())]
        served += [p for p in (ours / "jinja2").rglob("*.html")]
        for path in served:
            found = assets.BRANDING.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path.name}: {found}"

    def test_loads_no_file_from_the_stylesheet(self, built):
        css = (built / "govuk-frontend.min.css").read_text()
        assert "url(" not in css
        assert "@font-face" not in css
        assert "sourceMappingURL" not in css

    def test_keeps_every_other_rule(self, built):
        css = (built / "govuk-frontend.min.css").read_text()
        before = (NODE_MODULES / "govuk-frontend/dist/govuk/govuk-frontend.min.css").read_text()
        # Two @font-face rules, one rule of the crown, and what the crest's rules hold go.
        assert before.count("{") - css.count("{") <= 4
        assert css.count("{") == css.count("}")
        assert ".govuk-button{font-family:Arial,Helvetica,sans-serif" in css
        assert "--govuk-brand-colour:#1d70b8" in css

    def test_starts_the_script_by_itself(self, built):
        assert (built / "govuk-frontend.min.js").read_text().endswith("\ninitAll();\n")

    def test_refuses_a_release_that_names_them_elsewhere(self, tmp_path):
        source = tmp_path / "govuk-frontend" / "dist" / "govuk"
        source.mkdir(parents=True)
        (source / "govuk-frontend.min.css").write_text("a{color:red}")
        (source / "govuk-frontend.min.js").write_text("const logo='crown'")
        with pytest.raises(assets.BrandingLeft, match="crown"):
            assets.build_assets(tmp_path, tmp_path / "out")
        assert not (tmp_path / "out").exists()
