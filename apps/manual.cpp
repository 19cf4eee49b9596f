#include "apps/manual.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <fmt/format.h>

#include "apps/version.hpp"

namespace gradrace {
namespace {

/// The text as roff shows it letter by letter.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\\':
        escaped += "\\e";
        break;
      case '-':
        escaped += "\\-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        escaped += "\\(ga";
        break;
      case '^':
        escaped += "\\(ha";
        break;
      case '~':
        escaped += "\\(ti";
        break;
      default:
        escaped += c;
    }
  }
  return escaped.starts_with('.') ? "\\&" + escaped : escaped;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::toupper(c)); });
  return text;
}

/// "do this" as "Do this."
std::string as_sentence(std::string text) {
  return upper(text.substr(0, 1)) + text.substr(1) + ".\n";
}

/// "Exit codes:" is a heading; a sentence that ends in a colon is none.
bool is_heading(const std::string& line) {
  return line.ends_with(':') && !line.starts_with(' ') && std::ranges::count(line, ' ') <= 1;
}

/// A description or footer: headings become sections, indented lines stay as they are.
std::string paragraphs(const std::string& text) {
  std::istringstream lines(text);
  std::string page, line;
  bool as_typed = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("  ") != as_typed) page += as_typed ? ".fi\n" : ".nf\n";
    as_typed = line.starts_with("  ");
    if (is_heading(line))
      page += fmt::format(".SH {}\n", upper(line.substr(0, line.size() - 1)));
    else
      page += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  return page + (as_typed ? ".fi\n" : "");
}

std::string sentence(const CommandOption& about) {
  std::string text = about.help;
  if (!about.default_text.empty()) text += fmt::format(" [{}]", about.default_text);
  if (!about.environment.empty())
    text += fmt::format("; the environment's {} where it is not given", about.environment);
  if (about.required && !about.stands_by_itself()) text += "; must be given";
  if (!about.needs.empty()) text += fmt::format("; goes with {}", about.needs);
  if (!about.excludes.empty()) text += fmt::format("; not with {}", about.excludes);
  return text;
}

std::string option(const CommandOption& about) {
  std::string head = fmt::format("\\fB{}\\fR", roff(about.name));
  if (about.stands_by_itself())
    head = fmt::format("\\fI{}\\fR", roff(about.takes.name));
  else if (!about.is_flag())
    head += fmt::format(" \\fI{}\\fR", roff(about.takes.name));
  return fmt::format(".TP\n{}\n{}\n", head, roff(sentence(about)));
}

std::string options(const Command& command) {
  std::string page, group = "Options";
  for (const CommandOption& about : command.described) {
    if (about.group != group) page += fmt::format(".SS {}\n", roff(group = about.group));
    page += option(about);
  }
  return page + option({.name = "--help", .help = "say this in short"});
}

std::string synopsis(const Command& command) {
  const std::string name = full_name(command);
  std::string line = fmt::format(".B gradrace {}\n[\\fIOPTION\\fR]...", name == "compare" ? "[compare]" : name);
  for (const CommandOption& about : command.described) {
    if (!about.stands_by_itself()) continue;
    const std::string word = fmt::format("\\fI{}\\fR", roff(about.takes.name));
    line += about.required ? fmt::format(" {}...", word) : fmt::format(" [{}]...", word);
  }
  return line + "\n";
}

std::string see_also(const CLI::App& program, const Command& command) {
  std::string list = command.get_name() == "compare" ? "" : "\\fBgradrace\\fR(1), ";
  for (const Command* other : commands_of(program))
    if (other->get_parent() == &program && other != &command && other->get_name() != "compare")
      list += fmt::format("\\fBgradrace\\-{}\\fR(1), ", other->get_name());
  return fmt::format(".SH SEE ALSO\n{}\n", list.substr(0, list.size() - 2));
}

}  // namespace

std::string manual_page(const CLI::App& program, const Command& command) {
  const bool is_race = command.get_name() == "compare";
  const std::string name = is_race ? "gradrace" : "gradrace-" + command.get_name();
  std::string page = fmt::format(".TH {} 1 \"\" \"gradrace {}\" \"Gradrace\"\n", roff(upper(name)), kVersion);
  page += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", roff(name),
                      roff(is_race ? program.get_description() : command.get_description()));
  const std::vector<const Command*> parts = commands_of(command);
  if (parts.empty()) page += synopsis(command);
  for (const Command* part : parts) page += synopsis(*part) + ".br\n";
  page += ".SH DESCRIPTION\n" +
          (is_race ? paragraphs(command.get_description()) : roff(as_sentence(command.get_description())));
  if (parts.empty()) page += ".SH OPTIONS\n" + options(command);
  for (const Command* part : parts)
    page += fmt::format(".SH {}\n{}", roff(upper(full_name(*part))), roff(as_sentence(part->get_description()))) +
            options(*part);
  return page + paragraphs(command.get_footer()) + see_also(program, command);
}

}  // namespace gradrace
