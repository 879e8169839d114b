package report

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What Excel takes.
const (
	excelCell    = 32_767    // UTF-16 units in a cell
	excelRows    = 1_048_576 // rows of a sheet
	excelColumns = 16_384    // columns of a sheet
	excelLinks   = 65_530    // links of a sheet
	excelDigits  = 15        // of a number
	excelURL     = 2_079     // UTF-16 units of a link
)

// units returns the length of s as Excel counts it.
func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// fitCell returns the text as far as a cell takes it; where it is cut, it says so.
// Bytes that are not UTF-8 become U+FFFD.
func fitCell(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= excelCell {
		return s // as many bytes as that are never more units
	}
	all := units(s)
	if all <= excelCell {
		return s
	}
	mark := fmt.Sprintf("… [cut here: Excel takes %d characters in a cell, this text has %d]", excelCell, all)
	room := excelCell - units(mark)
	for at, r := range s {
		if room -= utf16.RuneLen(r); room < 0 {
			return s[:at] + mark
		}
	}
	return s
}

// isExcelNumber reports whether Excel keeps a number with all its digits.
func isExcelNumber(n json.Number) bool {
	f, err := n.Float64()
	mantissa, _, _ := strings.Cut(strings.ToLower(n.String()), "e")
	digits := strings.Trim(strings.NewReplacer("-", "", ".", "").Replace(mantissa), "0")
	return err == nil && !math.IsInf(f, 0) && len(digits) <= excelDigits
}

// excelText is a text as it stands in the XML of a sheet. What XML forbids is
// written as _x001B_, which Excel reads back, and so is what would be read as
// that. s is UTF-8.
func excelText(b *strings.Builder, s string) {
	for at, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && isEscape(s[at:]):
			b.WriteString("_x005F_")
		case r == 0: // no spreadsheet has room for it
			b.WriteRune('\ufffd')
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(b, "_x%04X_", r)
		default:
			b.WriteRune(r)
		}
	}
}

// isEscape reports whether s begins with the form _xHHHH_.
func isEscape(s string) bool {
	if len(s) < len("_x0000_") || s[1] != 'x' || s[6] != '_' {
		return false
	}
	for _, c := range s[2:6] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return false
		}
	}
	return true
}

// excelURLOf returns a link that Excel takes, or "": it repairs, by throwing links
// away, a whole workbook in which one is not a URL.
func excelURLOf(link string) string {
	u := safeURL(link)
	if u == "" || units(u) > excelURL {
		return ""
	}
	return u
}

// safeURL returns a link that can be followed without harm, in its canonical form,
// or "": of all the schemes there are only those for pages and mail are.
func safeURL(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || !utf8.ValidString(link) || !utf8.ValidString(u.Host) { // %ff in a host is not
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
	case "mailto":
	default:
		return ""
	}
	return linkSigns.Replace(u.String())
}

// linkSigns writes what ends an address in Markdown, wherever in it that stands.
var linkSigns = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `\`, "%5C")
