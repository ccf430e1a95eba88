"""The pages of help, and the words of these pages in three languages. Knows guides and words; no rule."""

from __future__ import annotations

from flask import Blueprint, render_template

from booking.web.glossary_words import GLOSSARY
from booking.web.help_words import GUIDES

blueprint = Blueprint("help", __name__)


@blueprint.get("/ohje")
def show() -> str:
    """For whom there is help."""
    return render_template("info/help.html", guides=GUIDES)


@blueprint.get("/ohje/<any(jarjestot, kasittelijat, koordinaattorit):who>")
def guide(who: str) -> str:
    """The help for one kind of people, task by task."""
    return render_template("info/guide.html", guide=GUIDES[who])


@blueprint.get("/ohje/sanasto")
def glossary() -> str:
    """What things are called here, in Finnish, Swedish and English."""
    return render_template("info/glossary.html", words_of=GLOSSARY)
