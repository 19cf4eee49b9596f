# cmake --install BUILD --component library: kernels and engine, for find_package(gradrace).
include(GNUInstallDirs)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/gradrace)
set_target_properties(gradrace_headers PROPERTIES EXPORT_NAME headers)
set_target_properties(gradrace_kernels PROPERTIES EXPORT_NAME kernels)
set_target_properties(gradrace_engine_archive PROPERTIES EXPORT_NAME engine_archive)
set_target_properties(gradrace_engine PROPERTIES EXPORT_NAME engine)
install(TARGETS gradrace_headers gradrace_kernels gradrace_engine_archive gradrace_engine EXPORT gradrace
  COMPONENT library INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradrace)
install(EXPORT gradrace NAMESPACE gradrace:: FILE gradraceTargets.cmake DESTINATION ${package} COMPONENT library)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/gradraceConfig.cmake DESTINATION ${package} COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/kernels ${PROJECT_SOURCE_DIR}/engine
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradrace COMPONENT library
  FILES_MATCHING PATTERN *.hpp PATTERN simd EXCLUDE PATTERN page EXCLUDE)
