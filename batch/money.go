package batch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in millionths of a US dollar.
type Money int64

// The units of Money.
const (
	Cent   Money = 10_000
	Dollar Money = 100 * Cent
)

// String returns m in dollars, rounded to the cent, such as "$12.48".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	cents := (m + Cent/2) / Cent
	return fmt.Sprintf("%s$%d.%02d", sign, cents/100, cents%100)
}

// Dollars returns m in dollars.
func (m Money) Dollars() float64 { return float64(m) / float64(Dollar) }

// MarshalJSON encodes m as a number of dollars.
func (m Money) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.Dollars(), 'f', -1, 64), nil
}

// UnmarshalJSON decodes a number of dollars.
func (m *Money) UnmarshalJSON(b []byte) (err error) {
	*m, err = ParseMoney(string(b))
	return err
}

// ParseMoney parses an amount in dollars, such as "25", "0.24" or "$1.50".
func ParseMoney(s string) (Money, error) {
	f, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(s), "$"), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1e9 {
		return 0, fmt.Errorf("%q is not an amount in dollars, such as 25.00", s)
	}
	return Money(math.Round(f * float64(Dollar))), nil
}

// UnmarshalText parses an amount in dollars; see [ParseMoney].
func (m *Money) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMoney(string(text))
	return err
}
