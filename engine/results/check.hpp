#pragma once
/// Whether a file holds results that a report can be made of.

#include <filesystem>

#include <nlohmann/json.hpp>

namespace gradrace {

/// Reads DIR/results.json, or the file itself where `path` is one. Throws data_error naming the file, and what was
/// expected and found: missing, not JSON (with the offset), another schema version, or a member of the wrong kind.
nlohmann::ordered_json read_results(const std::filesystem::path& path);

/// Throws data_error, naming `file`, if `results` is not of schema version 1 or lacks what reports rely on.
void check_results(const nlohmann::ordered_json& results, const std::filesystem::path& file);

}  // namespace gradrace
