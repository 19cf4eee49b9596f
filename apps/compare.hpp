#pragma once
/// `gradrace compare`: the race.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It runs while the command line is parsed, and leaves its exit code.
void add_compare_command(CLI::App& app, int& exit_code);

}  // namespace gradrace
