# cmake --install BUILD --component library: kernels and engine with their headers, for find_package(gradrace) and for
# pkg-config. With BUILD_SHARED_LIBS they are shared, and export what is ours alone.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/gradrace)
set_target_properties(gradrace_headers PROPERTIES EXPORT_NAME headers)
set_target_properties(gradrace_kernels PROPERTIES EXPORT_NAME kernels OUTPUT_NAME gradrace-kernels)
set_target_properties(gradrace_engine_archive PROPERTIES EXPORT_NAME engine_archive OUTPUT_NAME gradrace-engine)
set_target_properties(gradrace_engine PROPERTIES EXPORT_NAME engine)
set(gradrace_kernels_targets gradrace_headers gradrace_kernels)
set(gradrace_engine_targets gradrace_engine_archive gradrace_engine)

# A pkg-config file finds the rest from where it lies itself.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(part IN ITEMS kernels engine)
  install(TARGETS ${gradrace_${part}_targets} EXPORT gradrace_${part} COMPONENT library
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradrace)
  install(EXPORT gradrace_${part} NAMESPACE gradrace:: FILE gradrace_${part}.cmake DESTINATION ${package} COMPONENT library)
  set(pc ${CMAKE_CURRENT_BINARY_DIR}/gradrace-${part}.pc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/gradrace-${part}.pc.in ${pc} @ONLY)
  install(FILES ${pc} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
endforeach()

write_basic_package_version_file(gradraceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/gradraceConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/gradraceConfigVersion.cmake
  DESTINATION ${package} COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/kernels ${PROJECT_SOURCE_DIR}/engine
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradrace COMPONENT library
  FILES_MATCHING PATTERN *.hpp PATTERN table.hpp EXCLUDE PATTERN simd EXCLUDE PATTERN platform EXCLUDE
  PATTERN page EXCLUDE)
