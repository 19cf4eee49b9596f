#pragma once
/// `gradrace data`: fetch, verify and make data directories.

#include <CLI/CLI.hpp>

#include "engine/data/download.hpp"

namespace gradrace {

/// Adds the command with its own subcommands. They run while the command line is parsed; what goes wrong is thrown.
void add_data_command(CLI::App& app);

/// How the program downloads: from $GRADRACE_MIRRORS and with the certificates in $SSL_CERT_FILE where these are set,
/// with a progress bar on a terminal if wanted.
DownloadOptions download_options(bool progress);

}  // namespace gradrace
