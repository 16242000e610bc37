package message

import "strings"

// layoutTexts are what stands around a message in a mail.
type layoutTexts struct {
	// hello greets by name (%), dear without one.
	hello, dear string
	// choose comes before the options.
	choose string
	// confirm and code are the title and the text of a mail with a code (%).
	confirm, code string
	language      string
}

var (
	english = layoutTexts{
		hello: "Hello, %!", dear: "Hello!",
		choose:   "Open one of these links to choose. Nothing is decided before you confirm it there.",
		language: "en", confirm: "Confirm your e-mail address",
		code: "Your code is %. Type it where you entered this address; it is good for an hour.\n\n" +
			"If you did not enter this address, ignore this mail. Nothing else will be sent to you.",
	}
	russian = layoutTexts{
		hello: "Здравствуйте, %!", dear: "Здравствуйте!",
		choose:   "Чтобы выбрать, откройте одну из ссылок. Пока вы не подтвердите выбор там, ничего не решено.",
		language: "ru", confirm: "Подтвердите адрес электронной почты",
		code: "Ваш код: %. Введите его там, где указали этот адрес; код действует один час.\n\n" +
			"Если вы не указывали этот адрес, не обращайте внимания на это письмо. Больше вам ничего не придёт.",
	}
	ukrainian = layoutTexts{
		hello: "Вітаємо, %!", dear: "Вітаємо!",
		choose:   "Щоб обрати, відкрийте одне з посилань. Доки ви не підтвердите вибір там, нічого не вирішено.",
		language: "uk", confirm: "Підтвердьте адресу електронної пошти",
		code: "Ваш код: %. Введіть його там, де вказали цю адресу; код діє одну годину.\n\n" +
			"Якщо ви не вказували цю адресу, не зважайте на цей лист. Більше вам нічого не надійде.",
	}
)

// layoutTextsOf are those of the message's language, or the English ones.
func layoutTextsOf(language string) layoutTexts {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	switch base {
	case "ru":
		return russian
	case "uk":
		return ukrainian
	}
	return english
}

func (t layoutTexts) greet(name string) string {
	if name == "" {
		return t.dear
	}
	return strings.Replace(t.hello, "%", name, 1)
}
