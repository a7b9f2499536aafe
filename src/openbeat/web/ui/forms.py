"""Django's forms in our clothes: one template for every field of every form."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """`FORM_RENDERER`: forms, and `field.as_field_group`, come out as the design language draws them."""

    form_template_name = "components/fields.html"
    field_template_name = "components/field.html"
