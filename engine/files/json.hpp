#pragma once
/// JSON that comes from outside: results, networks, headers of weights. What comes in is not trusted: nothing is taken
/// for JSON that is not (RFC 8259, in UTF-8), no object may have a key twice, and none of it can make the program run
/// out of stack or, beyond some fifty times the text's size, of memory.
///
/// Where memory runs out, two things that the library does leave a value which cannot be destroyed: erase() of an
/// object, for which there is remove() here; and [] or push_back of null, which would become an object or an array. So
/// both begin as ordered_json::object() and ordered_json::array() everywhere.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace gradrace {

/// How much a document may hold.
struct JsonLimits {
  std::size_t depth = 64;           ///< arrays and objects in each other
  std::size_t values = 32'000'000;  ///< of every kind, at any depth
  std::size_t first_byte = 0;       ///< where in its file the text begins, for messages
};

/// The document that `text` is. Throws data_error, which names `source`, the byte, the line unless it is the first, and
/// what was expected there.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& source, const JsonLimits& limits = {});

/// The document in a regular file of at most `most` bytes. Throws as read_text() (file.hpp) and parse_json() do.
nlohmann::ordered_json read_json(const std::filesystem::path& file, std::size_t most);

/// Removes what an object has under `key`, if it has it.
void remove(nlohmann::ordered_json& object, std::string_view key);

/// A value for a message: on one line, in ASCII, without control characters, and cut where it is long.
std::string shown(const nlohmann::ordered_json& value);

}  // namespace gradrace
