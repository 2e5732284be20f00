"""Master keys in the settings: one or several, from the environment or from a private file, refused in clear words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from agency.boot import read_master_key
from agency.config import BadSetting, Settings, load_settings
from agency.domain.master_keys import key_id, split_keys

FIRST, SECOND, THIRD = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))


def _file(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "master.keys"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_newest_comes_first_and_older_ones_behind_it() -> None:
    settings = load_settings({"SHOPFLEET_KEY": FIRST, "SHOPFLEET_OLD_KEYS": f"{SECOND}, {THIRD}"})
    assert settings.master_key == f"{FIRST},{SECOND},{THIRD}"
    assert FIRST not in repr(settings)


def test_a_key_named_twice_is_one_key() -> None:
    settings = load_settings({"SHOPFLEET_KEY": FIRST, "SHOPFLEET_OLD_KEYS": f"{FIRST},{SECOND}"})
    assert settings.master_key == f"{FIRST},{SECOND}"


def test_a_file_holds_one_key_a_line_newest_first(tmp_path: Path) -> None:
    file = _file(tmp_path, f"{FIRST}\n{SECOND}\n\n")
    settings = load_settings({"SHOPFLEET_KEY_FILE": file, "SHOPFLEET_OLD_KEYS": THIRD})
    assert settings.master_key == f"{FIRST},{SECOND},{THIRD}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = _file(tmp_path, FIRST, mode)
    with pytest.raises(BadSetting, match=f"open to group or others; run `chmod 600 {file}`"):
        load_settings({"SHOPFLEET_KEY_FILE": file})


def test_a_missing_and_an_empty_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"SHOPFLEET_KEY_FILE: .*nowhere cannot be read"):
        load_settings({"SHOPFLEET_KEY_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(BadSetting, match="is empty; it needs one master key a line"):
        load_settings({"SHOPFLEET_KEY_FILE": _file(tmp_path, "\n")})


def test_key_and_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="both set; unset one of them"):
        load_settings({"SHOPFLEET_KEY": FIRST, "SHOPFLEET_KEY_FILE": _file(tmp_path, FIRST)})


def test_older_keys_alone_are_refused() -> None:
    with pytest.raises(BadSetting, match="SHOPFLEET_OLD_KEYS is set without"):
        load_settings({"SHOPFLEET_OLD_KEYS": FIRST})


@pytest.mark.parametrize("name", ["SHOPFLEET_KEY", "SHOPFLEET_OLD_KEYS", "SHOPFLEET_KEY_FILE"])
@pytest.mark.parametrize(
    "key", ["fake-secret", base64.b64encode(b"too short, fake").decode(), f"{FIRST}=", "ä"]
)
def test_what_is_no_key_is_refused_by_the_name_of_the_setting_and_not_repeated(
    tmp_path: Path, name: str, key: str
) -> None:
    value = _file(tmp_path, key) if name.endswith("FILE") else key
    given = {name: value} | ({"SHOPFLEET_KEY": SECOND} if name == "SHOPFLEET_OLD_KEYS" else {})
    with pytest.raises(BadSetting, match=f"{name}: .*base64 of exactly 32 bytes") as refused:
        load_settings(given)
    assert key not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_key_at_all_is_refused_outside_of_practice() -> None:
    with pytest.raises(BadSetting, match="Neither SHOPFLEET_KEY nor SHOPFLEET_KEY_FILE is set"):
        read_master_key(Settings(Path("unused"), simulator=False))


def test_the_practice_worlds_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    key = read_master_key(settings)
    assert split_keys(key) == (key,)
    assert read_master_key(settings) == key
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600


def test_a_practice_world_can_get_a_new_key_too(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    old = read_master_key(settings)
    (tmp_path / "master.key").write_text(f"{FIRST}\n{old}\n")
    assert read_master_key(settings) == f"{FIRST},{old}"


def test_an_id_is_short_steady_and_differs_between_keys() -> None:
    ids = [key_id(key) for key in (FIRST, SECOND, THIRD)]
    assert len(set(ids)) == 3
    assert all(len(each) == 8 and bytes.fromhex(each) for each in ids)
    assert key_id(FIRST) == ids[0]
