package report

import (
	"fmt"
	"strings"
)

// The fonts of our looks. ownFont is the plain one as the runs of a cell repeat it.
const (
	ownFont  = `<sz val="11"/><rFont val="Calibri"/><family val="2"/>`
	ownFonts = plainFont +
		`<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><u/><sz val="11"/><color rgb="FF1F5C99"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><b/><sz val="13"/><color rgb="FF1F3A4D"/><name val="Calibri"/><family val="2"/></font>`
	ownFill = `<fill><patternFill patternType="solid"><fgColor rgb="FF1F3A4D"/><bgColor indexed="64"/></patternFill></fill>`
)

// What the formats of every workbook begin with: cells that no format is set for,
// and the two fills that Excel expects.
const (
	plainFont    = `<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>`
	plainFills   = `<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>`
	plainBorders = `<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`
	plainNames = `<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>`
)

// plainStyles is the part with the formats that a workbook gets if it comes without one.
const plainStyles = xmlHead + `<styleSheet xmlns="` + sheetNS + `"><fonts count="1">` + plainFont + `</fonts><fills count="2">` + plainFills + `</fills>` + plainBorders +
	`<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>` + plainNames + `</styleSheet>`

// moneyFormat shows cents, and parts of one where there are any.
const moneyFormat = `"$"#,##0.00####`

// zonedFormat shows a time with its zone.
func zonedFormat(zone string) string { return `yyyy\-mm\-dd hh:mm:ss "` + zone + `"` }

// lookFormats holds a format for each look of text, and each again with the mark
// that keeps Excel from reading an edited text as a formula. Their fonts are
// those of ownFonts, from the number font on.
func lookFormats(font, fill int) string {
	var b strings.Builder
	for _, quote := range []string{"", ` quotePrefix="1"`} {
		for _, look := range []struct {
			font, fill  int
			place, wrap string
		}{
			plainCell:   {0, 0, "top", ""},
			headerCell:  {1, fill, "top", ` wrapText="1"`},
			wrappedCell: {0, 0, "top", ` wrapText="1"`},
			linkCell:    {2, 0, "top", ` wrapText="1"`},
			titleCell:   {3, 0, "top", ""},
			footCell:    {0, 0, "bottom", ` wrapText="1"`},
			openCell:    {0, 0, "top", ` wrapText="1"`},
		} {
			fmt.Fprintf(&b, `<xf numFmtId="0" fontId="%d" fillId="%d" borderId="0" xfId="0" applyFont="1" applyFill="1" applyAlignment="1"%s><alignment vertical="%s"%s/></xf>`,
				font+look.font, look.fill, quote, look.place, look.wrap)
		}
	}
	return b.String()
}

// xlsxStyles returns the formats of a workbook made anew: those of the looks, then
// those of money, and of times in each of the zones.
func xlsxStyles(zones []string) string {
	var formats, numbers strings.Builder
	number := func(code string) {
		id := 164 + strings.Count(numbers.String(), "<xf ") // the first that is not built in
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, id, strings.ReplaceAll(code, `"`, "&quot;"))
		fmt.Fprintf(&numbers, `<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>`, id)
	}
	number(moneyFormat)
	for _, zone := range zones {
		number(zonedFormat(zone))
	}
	return xmlHead + `<styleSheet xmlns="` + sheetNS + `">` + fmt.Sprintf(`<numFmts count="%d">`, 1+len(zones)) + formats.String() + `</numFmts>` +
		`<fonts count="4">` + ownFonts + `</fonts>` +
		`<fills count="3">` + plainFills + ownFill + `</fills>` + plainBorders +
		fmt.Sprintf(`<cellXfs count="%d">`, dateCell+len(zones)) + lookFormats(0, 2) + numbers.String() + `</cellXfs>` +
		plainNames + `</styleSheet>`
}
