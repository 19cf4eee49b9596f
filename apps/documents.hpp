#pragma once
/// `gradrace documents DIR`, which the build runs and the help does not show: manual pages and completions.

#include <CLI/CLI.hpp>

namespace gradrace {

/// Adds the command. It writes below DIR what an installation has below share/: man/man1, and the directories where
/// bash, zsh and fish look. Throws failure when it cannot.
void add_documents_command(CLI::App& app);

}  // namespace gradrace
