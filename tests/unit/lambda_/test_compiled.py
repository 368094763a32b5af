"""What was compiled in a package, and whether it fits."""

import io
import zipfile

from penstock.services.lambda_.functions.compiled import Compiled, compiled_in, misfit_sentence


def package(*modules: str, **wheels: str) -> Compiled:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("app.py", *modules):
            archive.writestr(name, "")
        for name, tags in wheels.items():
            lines = "".join(f"Tag: {tag}\n" for tag in tags.split())
            archive.writestr(f"python/{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\n{lines}")
    with zipfile.ZipFile(buffer) as archive:
        return compiled_in(archive)


def test_a_module_fits_the_python_and_the_machine_that_its_name_says() -> None:
    names = (
        "numpy/core/_multiarray.cpython-312-x86_64-linux-gnu.so",
        "both/fast.cpython-311-x86_64-linux-gnu.so",
        "both/fast.cpython-312-x86_64-linux-gnu.so",
        "stable/any.abi3.so",
        "lib/libz.so",
        "mac.cpython-312-darwin.so",
        "win.cp312-win_amd64.pyd",
        "free.cpython-313t-x86_64-linux-gnu.so",
        "musl.cpython-312-x86_64-linux-musl.so",
    )
    apart = ["free.cpython-313t-x86_64-linux-gnu", "mac.cpython-312-darwin", "win.cp312-win_amd64"]
    assert package(*names).misfits(12, "x86_64") == apart
    assert "numpy/core/_multiarray.cpython-312-x86_64-linux-gnu" in package(*names).misfits(11, "x86_64")
    assert len(package(*names).misfits(12, "aarch64")) == 6
    assert package().misfits(12, "x86_64") == []


def test_a_distribution_fits_when_one_of_its_tags_does() -> None:
    found = package(
        pure="py2-none-any py3-none-any",
        stable="cp38-abi3-manylinux_2_17_x86_64 cp38-abi3-manylinux2014_x86_64",
        newer="cp313-abi3-manylinux_2_17_x86_64",
        numpy="cp311-cp311-manylinux_2_17_x86_64",
        mac="cp312-cp312-macosx_11_0_arm64",
        bent="cp3" + "9" * 5000 + "-x-any - -- cp3\u00b2-none-any",
        none="",
    )
    assert found.misfits(12, "x86_64") == ["bent-1.0", "mac-1.0", "newer-1.0", "numpy-1.0"]
    assert "stable-1.0" in found.misfits(7, "x86_64")


def test_a_sentence_names_the_first_of_them() -> None:
    assert misfit_sentence([], "Python 3.11.2", "x86_64") == ""
    assert misfit_sentence(["a\nb\x1b"], "Python 3.11.2", "x86_64").endswith(": a?b?")
    assert misfit_sentence(list("abcde"), "Python 3.11.2", "x86_64") == (
        "compiled for another Python or machine than Python 3.11.2 on x86_64: a, b, c and 2 more"
    )
