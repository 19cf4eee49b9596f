#pragma once
/// Which gradrace this is. Written by the build.

namespace gradrace {

extern const char* const kVersion;  ///< e.g. "0.1.0"
extern const char* const kCommit;   ///< of the sources, with "-dirty" if they were changed since; or "unknown"

}  // namespace gradrace
