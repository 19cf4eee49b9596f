#pragma once
/// Which gradrace this is. Written by the build.

namespace gradrace {

extern const char* const kVersion;    ///< e.g. "0.1.0"
extern const char* const kCommit;     ///< of the sources, with "-dirty" if they were changed since; empty without Git
extern const char* const kLibraries;  ///< "xsimd 8.1.0, zlib 1.2.13, ...", as they were when this was built

}  // namespace gradrace
