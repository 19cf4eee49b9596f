#pragma once
/// `gradrace optimizers`: what can take part in a race, and with which options.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It runs while the command line is parsed and prints to stdout.
void add_optimizers_command(CLI::App& app);

}  // namespace gradrace
