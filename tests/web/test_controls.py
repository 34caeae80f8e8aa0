"""Plain forms become GOV.UK's markup, and what is wrong is said in words that help."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from marketplace.web.controls import control, error_list, has_errors
from marketplace.web.fields import DayField, PoundsField
from marketplace.web.templating import environment

TEMPLATE = """{% from "web/forms.html" import error_summary, fields %}
<div>{{ error_summary(form) }}<form>{{ fields(form) }}</form></div>"""


class Everything(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=20, widget=forms.Textarea, help_text="A sentence <b>will</b> do."
    )
    email = forms.EmailField(label="Email address")
    amount = PoundsField(label="Amount")
    quantity = forms.IntegerField(label="Quantity", min_value=1)
    rate = forms.DecimalField(label="Rate", max_digits=4, decimal_places=2)
    delivery = DayField(label="Delivery date")
    centre = forms.ChoiceField(label="Cost centre", choices=[("", "Choose"), ("1", "Highways")])
    route = forms.ChoiceField(
        label="How urgent is it?", choices=[("a", "Now"), ("b", "Later")], widget=forms.RadioSelect
    )
    places = forms.MultipleChoiceField(
        label="VAT places", choices=[("a", "Hall")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="I have checked the budget")
    secret = forms.CharField(label="Password", widget=forms.PasswordInput)
    price_list = forms.FileField(label="Price list")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


GOOD = {
    "reason": "Chairs",
    "email": "a@example.org",
    "amount": "£1,234.50",
    "quantity": "3",
    "rate": "1.25",
    "delivery-day": "3",
    "delivery-month": "March",
    "delivery-year": "2027",
    "centre": "1",
    "route": "b",
    "places": ["a"],
    "agreed": "on",
    "secret": "x",
}


def drawn(form: forms.Form) -> html.HtmlElement:
    return html.fromstring(environment_from_disk().from_string(TEMPLATE).render(form=form))


def environment_from_disk():
    from django.template import engines

    return engines.all()[0].env


class TestDrawing:
    def test_every_input_has_a_label_of_its_own(self):
        page = drawn(Everything())
        for control_ in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            labels = page.xpath(f"//label[@for='{control_.get('id')}']")
            assert len(labels) == 1, html.tostring(control_)

    def test_every_id_is_there_once(self):
        ids = drawn(Everything({}, {})).xpath("//@id")
        assert sorted(ids) == sorted(set(ids))

    def test_everything_that_describes_a_field_exists(self):
        page = drawn(Everything({}, {}))
        ids = set(page.xpath("//@id"))
        described = {part for value in page.xpath("//@aria-describedby") for part in value.split()}
        assert described
        assert described <= ids

    def test_every_link_of_the_summary_leads_to_an_input(self):
        page = drawn(Everything({}, {}))
        links = page.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href")
        assert len(links) == 12
        for link in links:
            target = page.xpath(f"//*[@id='{link[1:]}']")[0]
            assert target.tag in {"input", "select", "textarea"}

    def test_shows_what_was_typed_again(self):
        page = drawn(Everything({**GOOD, "quantity": "three"}, {}))
        assert page.xpath("string(//textarea)").strip() == "Chairs"
        assert page.xpath("//input[@name='quantity']/@value") == ["three"]
        assert page.xpath("//input[@name='delivery-month']/@value") == ["March"]
        assert page.xpath("//option[@selected]/@value") == ["1"]
        assert page.xpath("//input[@type='radio'][@checked]/@value") == ["b"]
        assert page.xpath("//input[@name='places'][@checked]/@value") == ["a"]
        assert page.xpath("//input[@name='agreed'][@checked]")

    def test_never_shows_a_password_again(self):
        assert not drawn(Everything(GOOD, {})).xpath("//input[@name='secret']/@value")

    def test_escapes_what_people_typed_and_help_that_is_text(self):
        page = drawn(Everything({**GOOD, "reason": "</textarea><script>x</script>"}, {}))
        assert not page.xpath("//script")
        assert not page.xpath("//b")

    def test_shows_numbers_in_plain_boxes_with_the_right_keyboard(self):
        page = drawn(Everything())
        boxes = {n: page.xpath(f"//input[@name='{n}']")[0] for n in ("quantity", "rate", "amount")}
        assert {n: b.get("type") for n, b in boxes.items()} == dict.fromkeys(boxes, "text")
        assert {n: b.get("inputmode") for n, b in boxes.items()} == {
            "quantity": "numeric",
            "rate": "decimal",
            "amount": "decimal",
        }

    def test_marks_only_the_part_of_a_date_that_is_missing(self):
        page = drawn(Everything({**GOOD, "delivery-month": ""}, {}))
        marked = page.xpath("//input[contains(@class,'govuk-input--error')]/@name")
        assert marked == ["delivery-month"]
        assert "#id_delivery-month" in page.xpath("//a/@href")

    def test_a_name_that_the_form_does_not_have_is_a_mistake(self):
        with pytest.raises(KeyError):
            control(Everything(), "reasson")

    def test_money_has_its_sign_before_the_box(self):
        made = control(Everything(), "amount", kind="money")
        assert made["params"]["prefix"] == {"text": "£"}

    def test_radios_leave_out_the_empty_choice(self):
        class Optional(forms.Form):
            way = forms.ChoiceField(choices=[("", "----"), ("a", "A")], widget=forms.RadioSelect)

        items = control(Optional(), "way")["params"]["items"]
        assert [item["value"] for item in items] == ["a"]

    def test_choices_in_groups_are_laid_flat(self):
        class Grouped(forms.Form):
            one = forms.ChoiceField(choices=[("Group", [("a", "A"), ("b", "B")]), ("c", "C")])

        items = control(Grouped(initial={"one": "b"}), "one")["params"]["items"]
        assert [(i["value"], i["selected"]) for i in items] == [
            ("a", False),
            ("b", True),
            ("c", False),
        ]


class TestWords:
    def said(self, **changes) -> list[str]:
        form = Everything({**GOOD, **changes}, {"price_list": SimpleUploadedFile("a.csv", b"a")})
        return [item["text"] for item in error_list(form)]

    def test_says_nothing_about_a_good_form(self):
        assert self.said() == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"reason": ""}, "Enter the reason"),
            ({"reason": "x" * 21}, "Reason must be 20 characters or fewer"),
            ({"email": "x"}, "Enter an email address in the correct format, like name@example.com"),
            ({"amount": "lots"}, "Enter an amount in pounds, like 1,234.50"),
            ({"amount": "1.999"}, "Amount must have no more than 2 decimal places"),
            ({"quantity": "1.5"}, "Quantity must be a whole number, like 12"),
            ({"quantity": "0"}, "Quantity must be 1 or more"),
            ({"rate": "x"}, "Rate must be a number, like 12.50"),
            ({"rate": "123.45"}, "Rate is too large. Check it and try again."),
            ({"delivery-day": ""}, "Delivery date must include a day"),
            (
                {"delivery-day": "31", "delivery-month": "2"},
                "Delivery date must be a real date, like 27 3 2027",
            ),
            ({"delivery-year": "20277"}, "The year must have four digits, like 2027"),
            (
                {"delivery-year": "9999"},
                "Delivery date is too far ahead. The year must be 2999 or earlier",
            ),
            *(
                (
                    {"delivery-year": y},
                    "Delivery date is too long ago. The year must be 1900 or later",
                )
                for y in ("0001", "0000", "1899")
            ),
            (
                {"delivery-day": "30", "delivery-month": "2", "delivery-year": "9999"},
                "Delivery date must be a real date, like 27 3 2027",
            ),
            ({"delivery-year": "27"}, "The year must have four digits, like 2027"),
            ({"centre": ""}, "Select the cost centre"),
            ({"centre": "9"}, "Select the cost centre from the list"),
            ({"route": ""}, "Choose an answer to “How urgent is it?”"),
            ({"places": []}, "Select the VAT places"),
            ({"agreed": ""}, "Tick the box “I have checked the budget”"),
            (
                {"reason": "a\x00b"},
                "Reason has a character in it that cannot be stored. Type it again.",
            ),
        ],
    )
    def test_says_what_to_do(self, changes, words):
        assert self.said(**changes) == [words]

    def test_a_file_that_is_missing_or_empty(self):
        missing = Everything(GOOD, {})
        empty = Everything(GOOD, {"price_list": SimpleUploadedFile("a.csv", b"")})
        assert [e["text"] for e in error_list(missing)] == ["Choose the price list"]
        assert [e["text"] for e in error_list(empty)] == [
            "The file that you chose is empty. Choose another one."
        ]

    def test_keeps_the_words_that_a_form_has_of_its_own(self):
        class Own(forms.Form):
            name = forms.CharField(error_messages={"required": "Who are you?"})
            code = forms.CharField(max_length=2, error_messages={"max_length": "Two letters."})

        form = Own({"code": "abc"})
        assert [e["text"] for e in error_list(form)] == ["Who are you?", "Two letters."]

    def test_keeps_what_a_form_says_in_clean(self):
        class Own(forms.Form):
            name = forms.CharField()

            def clean(self):
                self.add_error("name", "Taken.")
                raise forms.ValidationError("100% wrong.")

        form = Own({"name": "x"})
        assert error_list(form) == [
            {"text": "100% wrong."},
            {"text": "Taken.", "href": "#id_name"},
        ]

    def test_a_form_that_was_not_sent_has_no_errors(self):
        assert not has_errors(Everything())
        assert has_errors(Everything(), Everything({}, {}))


class TestValues:
    def test_reads_what_people_type(self):
        form = Everything(GOOD, {"price_list": SimpleUploadedFile("a.csv", b"a")})
        assert form.is_valid()
        assert form.cleaned_data["amount"] == Decimal("1234.50")
        assert form.cleaned_data["delivery"] == date(2027, 3, 3)

    def test_reads_a_date_in_one_piece(self):
        sent = {k: v for k, v in GOOD.items() if not k.startswith("delivery")}
        form = Everything({**sent, "delivery": "2027-03-31"}, {})
        assert form["delivery"].value() == {"day": "31", "month": "03", "year": "2027"}
        assert "delivery" not in form.errors

    def test_shows_a_date_that_was_there_before(self):
        items = control(Everything(initial={"delivery": date(2027, 3, 31)}), "delivery")["params"]
        assert [item["value"] for item in items["items"]] == ["31", "3", "2027"]

    def test_an_optional_date_may_be_empty(self):
        class Own(forms.Form):
            by = DayField(required=False)

        form = Own({"by-day": "", "by-month": "", "by-year": ""})
        assert form.is_valid()
        assert form.cleaned_data["by"] is None

    def test_knows_when_a_date_was_changed(self):
        class Own(forms.Form):
            by = DayField()

        sent = {"by-day": "31", "by-month": "3", "by-year": "2027"}
        assert not Own(sent, initial={"by": date(2027, 3, 31)}).has_changed()
        assert Own(sent, initial={"by": date(2027, 3, 30)}).has_changed()


def test_the_environment_can_be_made_without_django_engines():
    assert environment().from_string("{{ money(3) }}").render() == "£3.00"


class TestSeveralMistakesAtOneField:
    class Password(forms.Form):
        secret = forms.CharField(label="Password")

        def clean_secret(self) -> str:
            raise forms.ValidationError(["Use <12> characters or more.", "Choose a rarer one"])

    def test_each_stands_on_its_own_line(self):
        tree = drawn(self.Password({"secret": "x"}))
        (said,) = tree.xpath("//p[contains(@class,'govuk-error-message')]")
        assert len(said.xpath("br")) == 1
        assert [text.strip() for text in said.xpath("text()") if text.strip()] == [
            "Use <12> characters or more.",
            "Choose a rarer one",
        ]

    def test_and_is_a_line_of_its_own_at_the_top(self):
        assert [each["text"] for each in error_list(self.Password({"secret": "x"}))] == [
            "Use <12> characters or more.",
            "Choose a rarer one",
        ]
