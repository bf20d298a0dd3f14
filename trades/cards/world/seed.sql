-- Where every trial starts. Some things must fail: no phone on file, a locked customer, frozen and closed cards,
-- replacements that are already on their way, payments that are pending, already disputed, or too old for the chat.

INSERT INTO customers (customer_number, full_name, town) VALUES
    ('LM-20418', 'Ngozi Adeyemi', 'Westerfeld'),
    ('LM-20533', 'Henrik Solberg', 'Marnhaven'),
    ('LM-20671', 'Rosa Quintela', 'Westerfeld'),
    ('LM-20702', 'Tomasz Wilk', 'Oldenbeck'),
    ('LM-20846', 'Leila Farahani', 'Marnhaven'),
    ('LM-20915', 'Arjun Menon', 'Westerfeld'),
    ('LM-21004', 'Margaret Doyle', 'Oldenbeck'),
    ('LM-21127', 'Yuki Tanabe', 'Marnhaven'),      -- locked since an earlier attempt
    ('LM-21260', 'Pieter van Dael', 'Oldenbeck');  -- no phone on file

INSERT INTO phones (customer_number, ending, next_code) VALUES
    ('LM-20418', '27', '582930'), ('LM-20533', '61', '104775'), ('LM-20671', '08', '936214'),
    ('LM-20702', '94', '447081'), ('LM-20846', '35', '270658'), ('LM-20915', '12', '813396'),
    ('LM-21004', '50', '065921'), ('LM-21127', '73', '391840');

INSERT INTO cards (card, customer_number, kind, ending, status) VALUES
    ('card-4417', 'LM-20418', 'debit card', '4417', 'active'),
    ('card-9023', 'LM-20418', 'credit card', '9023', 'active'),
    ('card-3380', 'LM-20533', 'debit card', '3380', 'active'),
    ('card-7106', 'LM-20533', 'credit card', '7106', 'frozen'),
    ('card-5512', 'LM-20671', 'debit card', '5512', 'active'),
    ('card-6648', 'LM-20671', 'credit card', '6648', 'active'),
    ('card-2094', 'LM-20702', 'debit card', '2094', 'active'),
    ('card-8871', 'LM-20846', 'debit card', '8871', 'frozen'),
    ('card-1359', 'LM-20846', 'credit card', '1359', 'active'),
    ('card-4702', 'LM-20915', 'debit card', '4702', 'active'),
    ('card-9965', 'LM-20915', 'credit card', '9965', 'active'),
    ('card-3041', 'LM-21004', 'debit card', '3041', 'active'),
    ('card-3018', 'LM-21004', 'debit card', '3018', 'closed'),
    ('card-6127', 'LM-21127', 'debit card', '6127', 'active'),
    ('card-7730', 'LM-21260', 'debit card', '7730', 'active');

INSERT INTO replacements (card, ordered, arrives, service, fee, reason) VALUES
    ('card-8871', '2026-06-11', '2026-06-18', 'standard post', 0, 'stolen'),
    ('card-7106', '2026-08-17', '2026-08-19', 'courier', 2300, 'lost'),
    ('card-2094', '2026-09-24', '2026-10-01', 'standard post', 0, 'damaged');

INSERT INTO payments (payment, card, day, merchant, amount, status) VALUES
    ('pay-099', 'card-4702', '2026-04-18', 'Parking Oldenbeck', 1260, 'booked'),
    ('pay-100', 'card-3380', '2026-05-11', 'Cinema Astoria', 2300, 'booked'),
    ('pay-101', 'card-5512', '2026-05-29', 'Bakery Kornblume', 740, 'booked'),
    ('pay-102', 'card-6648', '2026-06-03', 'Zentara Games online', 8999, 'booked'),
    ('pay-103', 'card-4417', '2026-06-05', 'Fuel stop Marnhaven', 6210, 'booked'),
    ('pay-104', 'card-9023', '2026-06-09', 'Hotel Brisamar', 21450, 'booked'),
    ('pay-105', 'card-3380', '2026-06-20', 'Pharmacy am Tor', 1895, 'booked'),
    ('pay-106', 'card-1359', '2026-06-28', 'Streamlark monthly', 1299, 'booked'),
    ('pay-107', 'card-6648', '2026-07-02', 'Zentara Games online', 14999, 'booked'),
    ('pay-108', 'card-6648', '2026-07-04', 'Grocer Velde', 3365, 'booked'),
    ('pay-109', 'card-4702', '2026-07-11', 'Cash machine Westerfeld', 20000, 'booked'),
    ('pay-110', 'card-9965', '2026-07-19', 'Nimbus Electronics', 49900, 'booked'),
    ('pay-111', 'card-2094', '2026-08-02', 'Kiosk Oldenbeck', 560, 'booked'),
    ('pay-112', 'card-9023', '2026-08-14', 'Petrel Airways', 31820, 'booked'),
    ('pay-113', 'card-3041', '2026-08-21', 'Garden centre Linde', 5430, 'booked'),
    ('pay-114', 'card-3041', '2026-09-03', 'Quickparcel fee', 199, 'booked'),
    ('pay-115', 'card-3041', '2026-09-04', 'Voltaro Mobile top-up', 9500, 'pending'),
    ('pay-116', 'card-1359', '2026-09-15', 'Streamlark monthly', 1299, 'booked'),
    ('pay-117', 'card-9965', '2026-09-30', 'Ridewell taxis', 2740, 'booked'),
    ('pay-118', 'card-3380', '2026-10-06', 'Bookshop Ex Libris', 3120, 'booked');

INSERT INTO disputes (reference, payment, opened, team) VALUES
    ('DS-301', 'pay-102', '2026-06-08', 'disputes team'),
    ('DS-302', 'pay-110', '2026-07-27', 'disputes team');

INSERT INTO identity (customer_number, wrong_tries, state) VALUES ('LM-21127', 3, 'locked');

INSERT INTO fraud_cases (number, customer_number, opened, why) VALUES
    (1, 'LM-21127', '2026-06-01', 'three wrong one-time codes');
