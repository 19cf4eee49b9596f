#include "apps/documents.hpp"

#include <filesystem>
#include <memory>
#include <string>

#include "apps/completion.hpp"
#include "apps/manual.hpp"
#include "engine/files/atomic_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  write_atomically(file, text);
}

void write_documents(const CLI::App& program, const fs::path& directory) {
  const fs::path pages = directory / "man/man1";
  for (const Command* command : commands_of(program)) {
    if (command->get_parent() != &program) continue;
    const bool main = command->get_name() == "compare";
    write(pages / (main ? "gradrace.1" : "gradrace-" + command->get_name() + ".1"), manual_page(program, *command));
  }
  write(pages / "gradrace-compare.1", ".so man1/gradrace.1\n");  // another name of that page
  write(directory / "bash-completion/completions/gradrace", bash_completion(program));
  write(directory / "zsh/vendor-completions/_gradrace", zsh_completion(program));
  write(directory / "fish/vendor_completions.d/gradrace.fish", fish_completion(program));
}

}  // namespace

void add_documents_command(CLI::App& app) {
  Command& command = add_command(app, "documents", "writes manual pages and completions");
  command.group("");  // not for users
  const auto directory = std::make_shared<std::string>();
  command.add_option("DIR", *directory, "where to")->required();
  command.callback([&app, directory] { write_documents(app, *directory); });
}

}  // namespace gradrace
