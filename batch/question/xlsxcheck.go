package question

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"
)

// What a part of an Excel file may hold: more than Excel itself takes, and as
// much as excelize reads in memory that any computer has.
const (
	xlsxRow      = 32 << 20 // bytes of XML of a row, of a text in the table of texts, or of all styles
	xlsxElements = 1 << 20  // elements of these
	xlsxTexts    = 4 << 20  // texts in that table
	xlsxDepth    = 100      // elements in each other
)

// A tooMuchError is a part of an Excel file that holds more than can be right.
type tooMuchError string

func (e tooMuchError) Error() string { return string(e) }

// checkXML reads a part of an Excel file to its end. excelize does not: it takes
// XML that breaks off for the end of the sheet, and reads a text into memory
// however long it is.
func checkXML(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in := &limitedReader{r: r, left: xlsxRow}
	d := xml.NewDecoder(in)
	depth, texts, elements := 0, 0, 0
	row := 0 // the depth of what is read as one: a row, or a text; 0: we are in none
	if readWhole(f.Name) {
		row = 1
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			elements++
			name := token.Name.Local
			if row == 0 && (name == "row" || name == "si") {
				row = depth
			}
			if name == "si" {
				texts++
			}
		case xml.EndElement:
			if depth == row {
				row = 0
			}
			depth--
		}
		switch {
		case depth > xlsxDepth:
			return tooMuchError(fmt.Sprintf("more than %d elements in each other", xlsxDepth))
		case texts > xlsxTexts:
			return tooMuchError(fmt.Sprintf("more than %d texts", xlsxTexts))
		case elements > xlsxElements:
			return tooMuchError(fmt.Sprintf("more than %d elements in a row, a text or the styles", xlsxElements))
		case row == 0:
			in.left, elements = xlsxRow, 0
		}
	}
}

// readWhole says of a part of an Excel file that excelize reads it into memory
// for any sheet.
func readWhole(name string) bool {
	switch name = strings.ToLower(name); path.Base(name) {
	case "[content_types].xml", "workbook.xml", "styles.xml":
		return true
	}
	return path.Ext(name) == ".rels"
}

// A limitedReader ends with an error after a number of bytes.
type limitedReader struct {
	r    io.Reader
	left int
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, tooMuchError(fmt.Sprintf("more than %d MB in a row, a text or the styles", xlsxRow>>20))
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
