"""Evaluations as text: tables for people, Markdown, and JSON for programs."""
