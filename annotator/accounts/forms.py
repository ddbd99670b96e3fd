"""The forms of the pages of projects and people. They check; projects.py and people.py write."""

from typing import Any

from django import forms

from annotator.accounts.models import Project, Role, TimeLimitPolicy, User
from annotator.accounts.projects import idle_objection

POLICIES = [
    (TimeLimitPolicy.OFF, "Off", "No limit and no ring. Time is still measured."),
    (
        TimeLimitPolicy.REMIND,
        "Remind",
        "A quiet ring shows the time. At the limit a hint offers to go on; the annotator may ignore it.",
    ),
    (
        TimeLimitPolicy.ADVANCE,
        "Advance",
        "At the limit the annotator has to choose: keep the mask and go on, drop it and go on, or five more seconds.",
    ),
]


class ProjectForm(forms.ModelForm):
    class Meta:
        model = Project
        fields = [
            "name",
            "guidelines",
            "time_limit_policy",
            "time_limit_seconds",
            "max_extensions",
            "idle_seconds",
            "annotators_per_image",
        ]
        labels = {
            "time_limit_seconds": "Limit in seconds",
            "max_extensions": "Five more seconds, how often per mask",
            "idle_seconds": "A pause begins after, in seconds",
            "annotators_per_image": "Annotators per image",
        }
        help_texts = {
            "guidelines": "What to annotate and what to leave out. Annotators can read it beside each image.",
            "time_limit_seconds": "Active time on one mask: pauses do not count. 3 to 600; the study used 30.",
            "max_extensions": "0 to 20.",
            "idle_seconds": "So long after the last move, click or key, time stops to count. 2 to 300, and less than "
            "the limit for a mask.",
            "annotators_per_image": "1: each image goes to one person. 2 to 20: to as many different people, who do "
            "not see each other's masks; exports hold the masks of all, with who made each.",
        }
        widgets = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "guidelines": forms.Textarea({"rows": 7}),
            "time_limit_policy": forms.RadioSelect,
            "time_limit_seconds": forms.NumberInput({"class": "input-number", "min": 3, "max": 600}),
            "max_extensions": forms.NumberInput({"class": "input-number", "min": 0, "max": 20}),
            "idle_seconds": forms.NumberInput({"class": "input-number", "min": 2, "max": 300}),
            "annotators_per_image": forms.NumberInput({"class": "input-number", "min": 1, "max": 20}),
        }
        error_messages = {
            "name": {"required": "Give the project a name."},
            "time_limit_seconds": {"min_value": "At least 3 seconds.", "max_value": "At most 600 seconds."},
            "idle_seconds": {"min_value": "At least 2 seconds.", "max_value": "At most 300 seconds."},
            "annotators_per_image": {"min_value": "At least 1 person.", "max_value": "At most 20 people."},
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if {"time_limit_policy", "time_limit_seconds", "idle_seconds"} <= values.keys():
            objection = idle_objection(
                policy=values["time_limit_policy"],
                limit_seconds=values["time_limit_seconds"],
                idle_seconds=values["idle_seconds"],
            )
            if objection:
                self.add_error("idle_seconds", objection)
        return values

    def clean_max_extensions(self) -> int:
        often = self.cleaned_data["max_extensions"]
        if often > 20:
            raise forms.ValidationError("At most 20: a limit that can always be put off is none.")
        return often


class MemberForm(forms.Form):
    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput({"list": "candidates", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type the user name of the person to add."},
    )


class PersonForm(forms.ModelForm):
    role = forms.ChoiceField(
        choices=[
            (Role.ANNOTATOR, "Annotator: makes masks"),
            (Role.MANAGER, "Manager: makes projects, uploads, exports"),
            (Role.ADMIN, "Admin: everything, and people"),
        ],
        initial=Role.ANNOTATOR,
    )

    class Meta:
        model = User
        fields = ["username", "role"]
        labels = {"username": "User name"}
        help_texts = {"username": ""}
        widgets = {"username": forms.TextInput({"autocomplete": "off", "spellcheck": "false"})}
        error_messages = {"username": {"required": "Give the person a user name.", "unique": "This name is taken."}}
