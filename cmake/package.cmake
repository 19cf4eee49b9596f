# cpack -G DEB makes the packages gradrace (programs, manual pages, completions) and libgradrace-dev (kernels and engine
# to link with) of the build; cmake --build BUILD --target package_source a tarball of the sources.
set(CPACK_PACKAGE_VENDOR "The Gradrace authors")
set(CPACK_PACKAGE_CONTACT "The Gradrace authors <maintainers@gradrace.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "race optimizers of neural networks on a CPU engine")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)

set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME gradrace-${PROJECT_VERSION})
string(REGEX REPLACE "([][+.*()])" "\\\\\\1" top "${PROJECT_SOURCE_DIR}/")
set(CPACK_SOURCE_IGNORE_FILES "^${top}[.]git(/|$)" "^${top}build[^/]*/" "^${top}results/" "/[.]cache/" "/__pycache__/"
  "^${top}compile_commands[.]json$")

# What Debian wants of every package.
set(debian ${CMAKE_CURRENT_BINARY_DIR}/debian)
configure_file(${PROJECT_SOURCE_DIR}/cmake/package/changelog.in ${debian}/changelog @ONLY)
execute_process(COMMAND gzip -9nf ${debian}/changelog COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${debian}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${debian}/changelog.gz ${PROJECT_SOURCE_DIR}/cmake/package/copyright
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libgradrace-dev COMPONENT library)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME gradrace)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)  # to download data
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"Trains a small network from the same initial weights on the same batches with
two or more optimizers, and reports who got where, when, and what a step cost:
PyTorch's numbers, on hand-written kernels for the CPU.
.
gradrace races, gradrace-bench measures the kernels.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libgradrace-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "libfmt-dev, nlohmann-json3-dev, zlib1g-dev, libcurl4-openssl-dev, libssl-dev")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"Layers, optimizers and training of small networks on the CPU, with the kernels
below them, as static libraries for CMake and pkg-config.")
include(CPack)
