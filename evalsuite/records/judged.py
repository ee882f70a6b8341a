"""Judged records: one comparison, or one of the kinds of group."""

from __future__ import annotations

from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.family import Family
from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.records.groups.suite import SuiteComparison

__all__ = ["Judged", "JudgedAsOne"]

JudgedAsOne = Comparison | RecipeComparison | CurveComparison | SuiteComparison
"""What has one answer; the models of a family have one each."""
Judged = JudgedAsOne | Family
