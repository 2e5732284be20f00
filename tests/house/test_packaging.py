"""How the program is installed and run: exact versions, commands that exist, services with a stated purpose."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agency.config import load_settings
from tests.databases import MASTER_KEY

ROOT = Path(__file__).parents[2]
OURS = ("migrate", "web", "dispatcher", "mailer", "worker")
SERVICES = ("postgres", "valkey", *OURS)
# Each lock with the extras of pyproject.toml that it holds beside the program's own packages.
LOCKS: dict[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-dev.lock": ("dev",)}
SCRIPTS = (".ci/run", *(f"scripts/ensure_{what}.sh" for what in ("venv", "chromium", "assets")))
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>\S+)(?: ; .+)?(?P<rest>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)",
    re.M,
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
    return loaded


def pins(lock: str) -> dict[str, str]:
    return {found["name"].lower(): found["version"] for found in PIN.finditer(text(lock))}


def project_names(*extras: str) -> set[str]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]
    return {re.split(r"[\[;<>=! ]", line)[0].lower() for line in wanted}


@cache
def help_of(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agency.cli", command, "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, f"shopfleet {command} --help: {done.stderr}"
    assert done.stdout.startswith("usage:"), f"shopfleet {command} --help prints nothing"
    return done.stdout


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items())
def test_every_package_is_pinned_to_one_version_with_hashes(lock: str, extras: tuple[str, ...]) -> None:
    named = re.findall(r"^[A-Za-z0-9_.-]+==", text(lock), re.M)
    assert len(pins(lock)) == len(named) == len(set(named))
    assert project_names(*extras) - set(pins(lock)) == set()


def test_tests_run_on_the_same_versions_as_the_program() -> None:
    dev = pins("requirements-dev.lock")
    assert {name: dev.get(name) for name in pins("requirements.lock")} == pins("requirements.lock")


def test_no_lock_names_a_package_index() -> None:
    for lock in (*LOCKS, "requirements-assets.lock", "requirements-node.lock", "package-lock.json"):
        assert not re.search(r"://|--(?:extra-)?index-url|--find-links", text(lock))


def test_each_make_target_for_people_says_what_it_does() -> None:
    targets = re.findall(r"^(\w[\w-]*):.*?(?:## (.+))?$", text("Makefile"), re.M)
    explained = {name for name, purpose in targets if purpose}
    assert explained >= {"run", "test", "check", "bench", "demo"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_can_be_run_and_stop_at_the_first_error(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert re.search(r"^set -eu", text(name), re.M)
    assert subprocess.run(["/bin/sh", "-n", ROOT / name], check=False).returncode == 0


def test_git_ignores_the_data_folder_that_the_program_uses_by_itself() -> None:
    folder = load_settings({}).data_dir
    assert f"/{folder.name}/" in text(".gitignore").splitlines()


def test_compose_has_exactly_the_services_of_the_program_each_with_one_line_of_purpose() -> None:
    assert set(compose()["services"]) == set(SERVICES)
    lines = text("docker-compose.yml").splitlines()
    for service in SERVICES:
        place = lines.index(f"  {service}:")
        assert re.match(r"  # \S.+[.]$", lines[place - 1]), service
        assert not lines[place - 2].startswith("  #"), f"{service} has more than one line"


@pytest.mark.parametrize("service", OURS)
def test_a_service_of_ours_runs_a_command_that_exists_with_options_that_exist(service: str) -> None:
    program, subcommand, *options = compose()["services"][service]["command"]
    assert (program, subcommand) == ("shopfleet", service)
    words = set(re.findall(r"--[a-z-]+", help_of(subcommand)))
    assert {option for option in options if option.startswith("--")} <= words


@pytest.mark.parametrize("service", OURS)
def test_a_service_of_ours_gets_only_settings_that_the_program_reads(service: str) -> None:
    known = set(re.findall(r'"([A-Z][A-Z_]+)"', text("agency/config.py")))
    given = set(compose()["services"][service]["environment"])
    assert given <= known
    assert given >= {
        "DATABASE_URL",
        "REDIS_URL",
        "SHOPFLEET_KEY",
        "SIMULATOR",
        "TIKTOK_APP_KEY",
        "TIKTOK_APP_SECRET",
    }


def test_the_settings_of_compose_are_accepted_and_leave_the_simulator_out() -> None:
    given = compose()["services"]["web"]["environment"]
    filled = {name: re.sub(r"\$\{\w+:[?-][^}]*\}", "fake-value", value) for name, value in given.items()}
    settings = load_settings(
        filled
        | {
            "PUBLIC_URL": "https://shopfleet.example.test",
            "SHOPFLEET_KEY": MASTER_KEY,
            "SHOPFLEET_OLD_KEYS": "",
            "SMTP_URL": "smtps://mail.example.test",
            "MAIL_FROM": "Shopfleet <mail@example.test>",
            "METRICS_TOKEN": "fake-token-of-thirty-characters",
        }
    )
    assert not settings.simulator
    assert settings.secure_cookies
    assert settings.database_url == "postgresql://postgres:fake-value@postgres:5432/shopfleet"


def test_compose_holds_no_secret_and_refuses_to_start_without_one() -> None:
    for name in ("POSTGRES_PASSWORD", "SHOPFLEET_KEY", "TIKTOK_APP_SECRET"):
        assert set(re.findall(rf"\$\{{{name}(..)", text("docker-compose.yml"))) == {":?"}


def test_services_wait_for_services_that_exist_and_come_back_when_they_fall() -> None:
    services = compose()["services"]
    volumes = set(compose()["volumes"])
    for name, service in services.items():
        waits = service.get("depends_on", {})
        assert set(waits) <= set(services)
        for other, how in waits.items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
            if how["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no"
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= volumes


def test_the_image_installs_the_lock_and_runs_as_an_ordinary_user() -> None:
    lines = text("Dockerfile").splitlines()
    assert any("--require-hashes -r requirements.lock" in line for line in lines)
    assert lines.index("USER shopfleet") > max(
        place for place, line in enumerate(lines) if line.startswith("RUN")
    )
