#pragma once
/// The options of a layer or an optimizer: text in, typed values with defaults out.

#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

inline constexpr double kAny = std::numeric_limits<float>::max();  ///< the upper bound of a number without one
inline constexpr double kBelowOne = 1.0 - 1e-7;
inline constexpr Index kMostSteps = 1'000'000'000;

/// What "name:key=value,key=value" says. Values are numbers ("1e-3"), booleans ("true", "false"), words
/// ("cosine") or pairs ("0.9/0.999").
class Options {
 public:
  Options() = default;
  explicit Options(std::map<std::string, std::string> given) : given_(std::move(given)) {}

  /// The value of `key`, or its default; throws usage_error if the text is no such value or lies outside [low, high].
  double number(const std::string& key, double value, double low, double high);
  Index integer(const std::string& key, Index value, Index low, Index high);
  Index integer(const std::string& key, Index low, Index high);  ///< one that must be given
  bool flag(const std::string& key, bool value);
  std::string choice(const std::string& key, const std::string& value, const std::vector<std::string>& choices);
  std::pair<double, double> pair(const std::string& key, std::pair<double, double> value, double low, double high);

  /// All that was given; and a way to give one more.
  const std::map<std::string, std::string>& given() const { return given_; }
  void give(const std::string& key, const std::string& text) { given_[key] = text; }

  /// Throws usage_error if a key was given that nobody has asked for.
  void expect_no_others() const;
  /// Every option that was asked for with the value in force, as JSON-ready text, in the order asked.
  const std::vector<std::pair<std::string, std::string>>& resolved() const { return resolved_; }
  /// The resolved value of one that was asked for.
  const std::string& in_force(const std::string& key) const;

 private:
  const std::string* find(const std::string& key) const;

  std::map<std::string, std::string> given_;
  std::vector<std::pair<std::string, std::string>> resolved_;
};

/// A resolved value as one types it: [0.9, 0.999] is 0.9/0.999, and words lose their quotes.
std::string as_typed(const std::string& resolved);

/// A name and options, as the command line gives them: "adam" or "adam:lr=0.001,betas=0.9/0.999", with an optional
/// label in front: "fast@adam:lr=0.01". Throws usage_error where the form is broken or a key stands twice.
struct Spec {
  std::string label, name;
  Options options;
  static Spec parse(const std::string& text);
  /// What parse() understands; options in alphabetical order.
  std::string text() const;
};

}  // namespace gradrace
