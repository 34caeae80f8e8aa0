"""Our templates are strict, GOV.UK's are lenient, and imported macros see the page."""

import jinja2
import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory

from marketplace.web.navigation import address_if_any
from marketplace.web.templating import environment, with_query


@pytest.fixture
def env():
    return engines.all()[0].env


class TestEnvironment:
    def test_a_misspelt_name_fails(self, env):
        with pytest.raises(jinja2.UndefinedError, match="tilte"):
            env.from_string("{{ tilte }}").render(title="x")

    def test_a_misspelt_attribute_fails(self, env):
        with pytest.raises(jinja2.UndefinedError, match="nmae"):
            env.from_string("{% if row.nmae %}x{% endif %}").render(row={"name": "x"})

    def test_a_parameter_that_a_component_was_not_given_does_not_fail(self, env):
        source = (
            '{% from "govuk_frontend_jinja/components/button/macro.html" import govukButton %}'
            '{{ govukButton({"text": "Go"}) }}'
        )
        assert "Go" in env.from_string(source).render()

    def test_a_misspelt_name_given_to_a_component_fails(self, env):
        source = (
            '{% from "govuk_frontend_jinja/components/button/macro.html" import govukButton %}'
            '{{ govukButton({"text": txt}) }}'
        )
        with pytest.raises(jinja2.UndefinedError, match="txt"):
            env.from_string(source).render()

    def test_escapes_in_both(self, env):
        source = (
            '{% from "govuk_frontend_jinja/components/tag/macro.html" import govukTag %}'
            '{{ name }}{{ govukTag({"text": name}) }}{{ _("Hello %(n)s") % {"n": name} }}'
        )
        assert "<b>" not in env.from_string(source).render(name="<b>")

    def test_imported_macros_see_the_page(self, env):
        source = '{% from "web/forms.html" import hidden_csrf %}{{ hidden_csrf() }}'
        made = env.from_string(source)
        assert made.render(csrf_input="first") == "first"
        assert made.render(csrf_input="second") == "second"

    @pytest.mark.urls("tests.web.site")
    def test_an_address_that_nobody_has_fails_except_in_the_frame(self, env):
        with pytest.raises(Exception, match="no-such-page"):
            env.from_string("{{ url('no-such-page') }}").render()
        assert address_if_any("no-such-page") == ""

    def test_every_template_of_this_package_compiles(self):
        made = environment(loader=jinja2.PackageLoader("marketplace.web", "jinja2"))
        names = [n for n in made.list_templates() if not n.startswith("govuk_frontend_jinja/")]
        assert len(names) > 40
        for name in names:
            made.get_template(name)


def test_with_query_keeps_the_other_parameters():
    request: HttpRequest = RequestFactory().get("/orders/?q=paper+%26+pens&after=abc")
    assert with_query(request, after="x/y") == "?q=paper+%26+pens&after=x%2Fy"
    assert with_query(request, after=None) == "?q=paper+%26+pens"


class TestForms:
    def drawn(self, env, source: str, **context) -> str:
        names = "data_table, empty_state, pager, post, status_tag, submit, summary_list, timeline"
        template = f'{{% from "web/forms.html" import {names} %}}{source}'
        return env.from_string(template).render(csrf_input="TOKEN", **context)

    def test_pager_keeps_the_search(self, env):
        request = RequestFactory().get("/?q=pens")
        page = {"next_cursor": "N", "previous_cursor": None}
        drawn = self.drawn(env, "{{ pager(page) }}", page=page, request=request)
        assert 'href="?q=pens&amp;after=N"' in drawn
        assert "Previous" not in drawn

    def test_pager_of_a_single_page_is_nothing(self, env):
        page = {"next_cursor": None, "previous_cursor": None}
        assert self.drawn(env, "{{ pager(page) }}", page=page).strip() == ""

    def test_a_button_that_posts_carries_the_token(self, env):
        drawn = self.drawn(env, '{{ post("/x", "Withdraw", values={"line": 3}) }}')
        assert "TOKEN" in drawn
        assert 'name="line" value="3"' in drawn
        assert 'data-prevent-double-click="true"' in drawn

    def test_summary_list_says_when_something_is_not_given(self, env):
        drawn = self.drawn(env, '{{ summary_list([("Note", ""), ("Total", 0, "/x")]) }}')
        assert "Not given" in drawn
        assert ">0<" in drawn
        assert 'href="/x"' in drawn

    def test_table_labels_every_cell_for_narrow_screens(self, env):
        drawn = self.drawn(
            env, '{{ data_table("Lines", [("Item", ""), ("Price", "number")], [["A", "£1.00"]]) }}'
        )
        assert 'data-label="Price"' in drawn
        assert '<th scope="row"' in drawn

    def test_timeline_says_who_and_when(self, env, at):
        event = {"at": at, "verb": "requisition.line-changed", "actor_name": "Bo", "note": "Why."}
        drawn = self.drawn(env, "{{ timeline([event]) }}", event=event)
        assert "Requisition line changed" in drawn
        assert "23 November 2026, midday" in drawn
        assert "by Bo" in drawn
        assert "Why." in drawn

    def test_status_tag_has_its_words(self, env):
        assert 'govuk-tag--green">Paid<' in self.drawn(env, '{{ status_tag("PAID", "Paid") }}')

    def test_nothing_is_styled_or_scripted_inline(self, env, at):
        drawn = self.drawn(
            env,
            '{{ submit("Go") }}{{ empty_state("None.", ("Add", "/")) }}{{ post("/x", "Y") }}',
        )
        assert "style=" not in drawn
        assert "onclick" not in drawn
