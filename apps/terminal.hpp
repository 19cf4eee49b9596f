#pragma once
/// The program's standard output and standard error.

#include <cstdio>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace gradrace {

/// Takes the places of standard streams that the program was started without, so that no file that it opens gets one of
/// them, and with it what is meant for the stream. Writing to them fails, as it did. To be called before all else.
void keep_standard_streams();

/// Whether `stream` is a terminal that understands control codes (TERM is not "dumb").
bool is_terminal(std::FILE* stream);

/// Whether the locale of the environment (LC_ALL, LC_CTYPE, LANG) writes UTF-8.
bool is_utf8();

/// `text` in bold if standard output is a terminal and NO_COLOR is empty or not set, else as it is.
std::string bold(std::string_view text);

/// `text` with control characters, and bytes that are no UTF-8, as escapes: \n, \x1b. Names that come from outside go
/// through it to the terminal, to which they then do nothing.
std::string printable(std::string_view text);

/// A document as people read it, in UTF-8 whatever its texts hold.
std::string json_text(const nlohmann::ordered_json& document);

/// Writes to standard output, at once. Never throws: a reader that has gone away is no reason to lose a race.
void say(std::string_view text);
/// errno of the first say() that failed; 0 if none did.
int output_error();

/// Writes "gradrace: error: <sentence>" to standard error, on one line, printable.
void print_error(std::string_view sentence);

}  // namespace gradrace
