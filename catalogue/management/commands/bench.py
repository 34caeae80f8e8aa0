"""Measure this machine: only ratios travel to another."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalogue.search.benchmark import bench_search


class Command(BaseCommand):
    """`marketplace bench search --rows 100000`."""

    help = "Measure how fast the marketplace is here, beside what the machine could do at best."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be measured."""
        parts = parser.add_subparsers(dest="part", required=True)
        search = parts.add_parser("search", help="imports and searches a made-up catalogue")
        search.add_argument("--rows", type=int, default=10_000, help="how many listings")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and tell."""
        bench_search(options["rows"], self.stdout.write)
