// What mutations.py writes into a header, so that one program holds all its changes and runs with
// any of them.
//
// owns:     the switches from a condition, a constant or an operator to its change
// does not: choose changes, or reach constant expressions unless FLOE_MUTATION is defined
#pragma once

#include <concepts>
#include <cstdlib>
#include <functional>
#include <type_traits>

namespace floe_mutation {

/// True when change `id` is to be made: in a build with FLOE_MUTATION, which holds a single one,
/// always; else at run time only, when the environment variable of that name says so.
#ifdef FLOE_MUTATION
constexpr bool on(int) { return true; }
#else
inline const int active = [] {
  const char* const number = std::getenv("FLOE_MUTATION");
  return number != nullptr ? std::atoi(number) : 0;
}();
constexpr bool on(int id) { return !std::is_constant_evaluated() && id == active; }
#endif

/// A condition, or its contrary. Three of them make a disjunction of a conjunction and evaluate no
/// more than it would: a || b is !(!a && !b).
template <class T>
constexpr bool flip(int id, const T& condition) {
  return on(id) != static_cast<bool>(condition);
}

/// `a < b` becomes `a < pivot < b`, so that nobody needs to know where `a` begins and `b` ends.
template <class Changed>
struct pivot {
  int id;
};

template <class Changed, class A>
struct left {
  const A& a;
  int id;

  /// The value of the operator, which is `Same`, or of what it is changed to.
  template <class Same, class B>
  constexpr auto choose(const B& b) const {
#ifdef FLOE_MUTATION
    return Changed{}(a, b);
#else
    using same = std::invoke_result_t<Same, const A&, const B&>;
    // A time plus a time is nothing: such a change is left to a build of its own, which fails.
    if constexpr (std::is_invocable_r_v<same, Changed, const A&, const B&>) {
      if (on(id)) return static_cast<same>(Changed{}(a, b));
    }
    return Same{}(a, b);
#endif
  }
};

#define FLOE_MUTATION_PIVOT(SIGN, SAME)                                    \
  template <class Changed, class A>                                        \
  constexpr left<Changed, A> operator SIGN(const A& a, pivot<Changed> p) { \
    return {a, p.id};                                                      \
  }                                                                        \
  template <class Changed, class A, class B>                               \
  constexpr auto operator SIGN(const left<Changed, A>& l, const B& b) {    \
    return l.template choose<SAME<>>(b);                                   \
  }

FLOE_MUTATION_PIVOT(<, std::less)
FLOE_MUTATION_PIVOT(<=, std::less_equal)
FLOE_MUTATION_PIVOT(>, std::greater)
FLOE_MUTATION_PIVOT(>=, std::greater_equal)
FLOE_MUTATION_PIVOT(==, std::equal_to)
FLOE_MUTATION_PIVOT(!=, std::not_equal_to)
FLOE_MUTATION_PIVOT(+, std::plus)
FLOE_MUTATION_PIVOT(-, std::minus)

#undef FLOE_MUTATION_PIVOT

}  // namespace floe_mutation
