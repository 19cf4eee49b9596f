#pragma once
/// `gradrace info`: the machine, the instruction sets, and the measured limits that every kernel is compared with.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It runs while the command line is parsed and prints to stdout; what goes wrong is thrown.
void add_info_command(CLI::App& app);

}  // namespace gradrace
