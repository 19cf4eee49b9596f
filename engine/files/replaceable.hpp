#pragma once
/// What may be written over.

#include <filesystem>
#include <string_view>

namespace gradrace {

/// Throws failure, which names `path`, if a file written there would destroy something else: unless there is nothing,
/// an empty file, or a regular file that has `mark` in its first kilobyte, as those have that would replace it.
void expect_replaceable(const std::filesystem::path& path, std::string_view mark);

}  // namespace gradrace
