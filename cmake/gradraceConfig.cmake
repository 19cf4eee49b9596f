# find_package(gradrace): gradrace::engine, and gradrace::kernels below it.
include(CMakeFindDependencyMacro)
find_dependency(OpenMP COMPONENTS CXX)
find_dependency(ZLIB)
find_dependency(CURL)
find_dependency(OpenSSL COMPONENTS Crypto)
find_dependency(fmt)
find_dependency(nlohmann_json)
include(${CMAKE_CURRENT_LIST_DIR}/gradraceTargets.cmake)
