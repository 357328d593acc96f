"""What pyproject.toml cannot say: a wheel has a copy of each ``stage.env``, which lies with Terraform's values."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithStages(build_py):
    """Puts ``terraform/envs/<stage>/stage.env`` at ``datastreamer/envs/<stage>/stage.env`` of the wheel."""

    def run(self) -> None:
        """Build the packages, and the stages beside them; an editable install finds those of the checkout."""
        super().run()
        if self.editable_mode:
            return
        files = sorted(Path("terraform", "envs").glob("*/stage.env"))
        if not files:
            raise FileNotFoundError("terraform/envs has no stage.env: a wheel is built in a checkout")
        for file in files:
            target = Path(self.build_lib, "datastreamer", "envs", file.parent.name)
            target.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(file), str(target / file.name))


setup(cmdclass={"build_py": BuildWithStages})
