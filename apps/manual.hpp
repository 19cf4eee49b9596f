#pragma once
/// Manual pages, made of the same commands as --help.

#include <string>

#include "apps/command_options.hpp"

namespace gradrace {

/// The page of a command that stands right after the program's name, in man's language (roff): what it does, the
/// options of it and of its own commands, and the sections of its description and footer.
std::string manual_page(const CLI::App& program, const Command& command);

}  // namespace gradrace
