#pragma once
/// `gradrace report`: makes report.html again, or one of several races.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It runs while the command line is parsed; what goes wrong is thrown.
void add_report_command(CLI::App& app);

}  // namespace gradrace
