#pragma once
/// `gradrace profile`: what optimizers' steps cost.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It runs while the command line is parsed and prints to stdout; what goes wrong is thrown.
void add_profile_command(CLI::App& app);

}  // namespace gradrace
