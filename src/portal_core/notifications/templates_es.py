"""Notice texts in Spanish, by the rules of `templates_en`."""

from collections.abc import Mapping
from typing import Final

from portal_core.notifications.templates import MessageTemplates

_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)

_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "already_registered": (
        "Sobre su registro",
        "Alguien intentó registrarse con este correo electrónico, que ya tiene una cuenta. Si fue usted, inicie sesión "
        "o restablezca su contraseña. Si no fue usted, no tiene que hacer nada.",
    ),
    "email_changed": (
        "Se cambió su correo electrónico",
        "Se cambió el correo electrónico de su cuenta. Ya no usaremos esta dirección. Si no fue usted, llámenos, por "
        "favor.",
    ),
    "password_changed": (
        "Se cambió su contraseña",
        "Se cambió la contraseña de su cuenta. Si no fue usted, restablézcala ahora y llámenos, por favor.",
    ),
    "second_factor_enrolled": (
        "Verificación en dos pasos activada",
        "Se activó la verificación en dos pasos de su cuenta. Si no fue usted, llámenos, por favor.",
    ),
    "second_factor_removed": (
        "Verificación en dos pasos desactivada",
        "Se desactivó la verificación en dos pasos de su cuenta. Si no fue usted, restablezca ahora su contraseña y "
        "llámenos, por favor.",
    ),
    "recovery_codes_used": (
        "Se usó un código de recuperación",
        "Se usó un código de recuperación para iniciar sesión en su cuenta. Si no fue usted, restablezca ahora su "
        "contraseña y llámenos, por favor.",
    ),
    "recovery_codes_renewed": (
        "Nuevos códigos de recuperación",
        "Se crearon nuevos códigos de recuperación para su cuenta y los anteriores ya no sirven. Si no fue usted, "
        "restablezca ahora su contraseña y llámenos, por favor.",
    ),
    "identity_linked": (
        "Una nueva forma de iniciar sesión",
        "Su cuenta se vinculó con un inicio de sesión de su organización. Si no fue usted, restablezca ahora su "
        "contraseña y avise a su administrador.",
    ),
    "account_locked": (
        "Su cuenta está bloqueada temporalmente",
        "Su cuenta está bloqueada durante 15 minutos tras varios intentos fallidos de iniciar sesión. Si no fue usted, "
        "restablezca su contraseña, por favor.",
    ),
    "account_closed": (
        "Su cuenta está cerrada",
        "Se cerró su cuenta del portal. Si no fue usted, llámenos, por favor.",
    ),
    "contact_changed": (
        "Se cambió su configuración",
        "Se cambió la configuración de su cuenta. Si no fue usted, restablezca ahora su contraseña y llámenos, por "
        "favor.",
    ),
    "calendar_feed_created": (
        "Su calendario está conectado",
        "Una aplicación de calendario recibió acceso a los horarios de su cuenta. Si no fue usted, cambie ahora su "
        "contraseña con «olvidé mi contraseña», lo que quita ese acceso, y llámenos.",
    ),
    "erasure_requested": (
        "Se puede borrar un expediente",
        "Un administrador pidió borrar un expediente y otro puede confirmarlo en un plazo de siete días. Si no es lo "
        "acordado, inicie sesión y retire la solicitud ahora.",
    ),
    "erasure_confirmed": (
        "Se borró un expediente",
        "Se borró un expediente por decisión de dos administradores. Si no es lo acordado, avise ahora al operador de "
        "este portal.",
    ),
    "legal_hold_lifted": (
        "Se levantó una retención legal",
        "Se levantó la retención legal de un expediente, que ya se puede borrar. Si no es lo acordado, inicie sesión y "
        "vuelva a ponerla ahora.",
    ),
    "grant_ended": ("Su acceso ha terminado", "Un acceso que usted tenía en el portal ha terminado."),
    "appointment_booked": ("Cita reservada", "Se reservó una cita."),
    "appointment_cancelled": ("Cita cancelada", "Se canceló una cita."),
    "appointment_rescheduled": (
        "Cambio de horario de su cita",
        "Se cambió el horario de una cita.",
    ),
    "appointments_booked": ("Citas reservadas", "Se reservaron varias citas."),
    "appointments_cancelled": ("Citas canceladas", "Se cancelaron varias citas."),
    "appointments_rescheduled": (
        "Cambio de horario de sus citas",
        "Se cambió el horario de varias citas.",
    ),
    "appointments_changed": (
        "Cambio en sus citas",
        "Se cambiaron una o varias de sus citas.",
    ),
    "appointment_request_confirmed": (
        "Cita confirmada",
        "La cita que usted solicitó está confirmada.",
    ),
    "appointment_request_declined": (
        "Sobre su solicitud de cita",
        "Hay una respuesta a su solicitud de cita.",
    ),
    "appointment_reminder": ("Recordatorio de cita", "Tiene una cita."),
    "waitlist_offer": (
        "Hay un horario disponible",
        "Un horario que usted esperaba está disponible. La oferta vence pronto.",
    ),
    "late_cancel_fee": ("Cargo nuevo", "Hay un cargo nuevo en su cuenta."),
    "no_show_fee": ("Cargo nuevo", "Hay un cargo nuevo en su cuenta."),
    "fee_removed": ("Se quitó un cargo", "Se quitó un cargo de su cuenta."),
    "new_message": ("Mensaje nuevo", "Tiene un mensaje nuevo."),
    "form_assigned": ("Un formulario por llenar", "Tiene un formulario por llenar."),
    "document_shared": ("Documento nuevo", "Se compartió un documento con usted."),
    "sensitive_document_shared": ("Documento nuevo", "Se compartió un documento con usted."),
    "withholding_reviewed": ("Sobre su solicitud", "Hay una respuesta a su solicitud."),
    "amendment_answered": ("Sobre su solicitud", "Hay una respuesta a su solicitud. Inicie sesión para leerla."),
    "client_sent": (
        "Hay algo para usted en el portal",
        "Le enviaron un documento o una solicitud. Inicie sesión para verlo.",
    ),
    "upload_refused": (
        "Un archivo no fue aceptado",
        "No se pudo aceptar un archivo que usted envió. Inicie sesión para ver cuál. Revise si hay programas dañinos "
        "en su dispositivo antes de enviarlo otra vez.",
    ),
}

_TIMED_LINES: Final[Mapping[str, str]] = {
    "appointment_booked": "Se reservó una cita para el {day} a las {time}.",
    "appointment_cancelled": "Se canceló la cita del {day} a las {time}.",
    "appointment_rescheduled": "Una cita se cambió al {day} a las {time}.",
    "appointment_request_confirmed": "La cita que usted solicitó está confirmada: {day} a las {time}.",
    "appointment_reminder": "Tiene una cita el {day} a las {time}.",
}

_SIGN_IN: Final[Mapping[str, str]] = {
    "appointment_booked": "Inicie sesión para ver los detalles.",
    "appointment_cancelled": "Inicie sesión para ver los detalles.",
    "appointment_rescheduled": "Inicie sesión para ver los detalles.",
    "appointments_booked": "Inicie sesión para verlas.",
    "appointments_cancelled": "Inicie sesión para ver los detalles.",
    "appointments_rescheduled": "Inicie sesión para ver los nuevos horarios.",
    "appointments_changed": "Inicie sesión para ver los detalles.",
    "appointment_request_confirmed": "Inicie sesión para ver los detalles.",
    "appointment_request_declined": "Inicie sesión para leerla.",
    "waitlist_offer": "Inicie sesión para responder.",
    "late_cancel_fee": "Inicie sesión para verlo.",
    "no_show_fee": "Inicie sesión para verlo.",
    "fee_removed": "Inicie sesión para ver los detalles.",
    "new_message": "Inicie sesión para leerlo.",
    "form_assigned": "Inicie sesión para abrirlo.",
    "document_shared": "Inicie sesión para verlo.",
    "sensitive_document_shared": "Inicie sesión para verlo.",
    "withholding_reviewed": "Inicie sesión para leerla.",
}

SPANISH: Final = MessageTemplates(
    lines=_LINES,
    timed_lines=_TIMED_LINES,
    sign_in=_SIGN_IN,
    neutral=("Tiene un aviso", "Tiene un aviso."),
    mail="{line}\n\nInicie sesión: {url}\n\n{signature}\n\nEste es un mensaje automático. Por favor, no lo responda.\n",
    mail_without_account="{line}\n\n{help}\n\n{signature}\n\n"
    "Este es un mensaje automático. Por favor, no lo responda.\n",
    help_invited="Tiene una invitación a nuestro portal: abra su cuenta con el código de la invitación en {url}, o "
    "llámenos.",
    help_uninvited="Si quiere saber más o cambiar algo, llámenos, por favor.",
    text="{sender}: {line} {url} Responda STOP para no recibir más mensajes.",
    code_lines={
        "verify_email": ("Su código", "Su código para confirmar este correo electrónico es {code}.", "Abra su cuenta"),
        "reset_password": (
            "Su código",
            "Su código para crear una contraseña nueva es {code}.",
            "Cree una contraseña nueva",
        ),
        "invitation": (
            "Invitación a nuestro portal",
            "¡Le damos la bienvenida! Use el código {code} para abrir su cuenta del portal. Esta es la invitación "
            "{label}: si comparte este correo, nuestra oficina puede decirle por teléfono de quién es.",
            "Abra su cuenta",
        ),
        "change_email": (
            "Su código",
            "Su código para confirmar este correo electrónico es {code}.",
            "Confírmelo",
        ),
        "safe_email": (
            "Su código",
            "Su código para confirmar este correo electrónico es {code}.",
            "Confírmelo",
        ),
    },
    code_mail="{line} Nadie de nuestra oficina se lo pedirá nunca. Si usted no esperaba este mensaje, "
    "puede ignorarlo.\n\n{link}: {url}\n\n{signature}\n",
    code_limit="El código sirve una sola vez y por tiempo limitado.",
    code_limit_until="El código sirve una sola vez, hasta el {day} a las {time}.",
    day=lambda at: f"{_WEEKDAYS[at.weekday()]} {at.day} de {_MONTHS[at.month - 1]}",
    time=lambda at: f"{at.hour}:{at.minute:02d} ({at.tzname()})",
)
