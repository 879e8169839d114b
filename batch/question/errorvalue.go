package question

import (
	"regexp"
	"strings"
)

// errorValue matches what spreadsheets write for an error, in any language: Excel, Google
// Sheets and Numbers a word such as #VALUE!, #WERT! or #¿NOMBRE?, or one of a few without such an
// end; LibreOffice Err:508. They are not questions, even in a cell of text.
var errorValue = regexp.MustCompile(`^(#[¡¿]?\p{Lu}[\p{Lu}_]*(/0)?[!?]|#(N/A|N/B|N/D|I/T|Н/Д|NV|YOK|HIÁNYZIK|NENÍ_K_DISPOZICI|GETTING_DATA)|[EÉ]rr[ \x{a0}]?:\d{3})$`)

// isErrorValue reports whether a cell contains nothing but an error of a spreadsheet.
func isErrorValue(text string) bool { return errorValue.MatchString(strings.TrimSpace(text)) }
