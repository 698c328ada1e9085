import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class FloeConan(ConanFile):
    """Packages the tree that it lies in."""

    name = "floe"
    description = "ICE without the I/O: finds a working network path between two peers"
    license = "MIT"
    topics = ("ice", "stun", "turn", "nat-traversal", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        if not self.version:
            header = load(self, os.path.join(self._tree, "include", "floe", "core", "version.hpp"))
            self.version = ".".join(re.search(r"version\{(\d+), (\d+), (\d+)\}", header).groups())

    def export_sources(self):
        for pattern in ("LICENSE", "include/*.hpp", "tests/sim/*.hpp"):
            copy(self, pattern, src=self._tree, dst=self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("ms-gsl/4.0.0", transitive_headers=True)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        include = os.path.join(self.package_folder, "include")
        copy(self, "*.hpp", src=os.path.join(self.source_folder, "include"), dst=include)
        copy(self, "sim/*.hpp", src=os.path.join(self.source_folder, "tests"), dst=os.path.join(include, "floe_sim"))

    def package_info(self):
        # The targets and the .pc files are called as those that CMake and Meson install.
        floe = self.cpp_info.components["floe"]
        floe.set_property("cmake_target_name", "floe::floe")
        floe.set_property("pkg_config_name", "floe")
        floe.requires = ["ms-gsl::ms-gsl"]
        sim = self.cpp_info.components["sim"]
        sim.set_property("cmake_target_name", "floe::sim")
        sim.set_property("pkg_config_name", "floe_sim")
        sim.requires = ["floe"]
        sim.includedirs = [os.path.join("include", "floe_sim")]
        for component in (floe, sim):
            component.bindirs = []
            component.libdirs = []
