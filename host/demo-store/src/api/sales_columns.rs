//! The columns of the tables of sales, as far as a search may name them.

use super::entity::{Entity, UnknownColumn};

const fn table(columns: &'static str) -> Entity {
    Entity { columns, unknown: UnknownColumn::Internal }
}

/// Orders.
pub(super) const ORDERS: Entity = table(
    "adjustment_negative:n adjustment_positive:n applied_rule_ids base_adjustment_negative:n \
        base_adjustment_positive:n base_currency_code base_discount_amount:n base_discount_canceled:n \
        base_discount_invoiced:n base_discount_refunded:n base_grand_total:n \
        base_discount_tax_compensation_amount:n base_discount_tax_compensation_invoiced:n \
        base_discount_tax_compensation_refunded:n base_shipping_amount:n base_shipping_canceled:n \
        base_shipping_discount_amount:n base_shipping_discount_tax_compensation_amnt:n \
        base_shipping_incl_tax:n base_shipping_invoiced:n base_shipping_refunded:n \
        base_shipping_tax_amount:n base_shipping_tax_refunded:n base_subtotal:n base_subtotal_canceled:n \
        base_subtotal_incl_tax:n base_subtotal_invoiced:n base_subtotal_refunded:n base_tax_amount:n \
        base_tax_canceled:n base_tax_invoiced:n base_tax_refunded:n base_total_canceled:n \
        base_total_due:n base_total_invoiced:n base_total_invoiced_cost:n base_total_offline_refunded:n \
        base_total_online_refunded:n base_total_paid:n base_total_qty_ordered:n base_total_refunded:n \
        base_to_global_rate:n base_to_order_rate:n billing_address_id:n can_ship_partially:n \
        can_ship_partially_item:n coupon_code created_at:d customer_dob customer_email \
        customer_firstname customer_gender:n customer_group_id:n customer_id:n customer_is_guest:n \
        customer_lastname customer_middlename customer_note customer_note_notify:n customer_prefix \
        customer_suffix customer_taxvat discount_amount:n discount_canceled:n discount_description \
        discount_invoiced:n discount_refunded:n edit_increment:n email_sent:n entity_id:n \
        ext_customer_id ext_order_id forced_shipment_with_invoice:n global_currency_code grand_total:n \
        discount_tax_compensation_amount:n discount_tax_compensation_invoiced:n \
        discount_tax_compensation_refunded:n hold_before_state hold_before_status increment_id \
        is_virtual:n order_currency_code original_increment_id payment_authorization_amount:n \
        payment_auth_expiration:n protect_code quote_address_id:n quote_id:n relation_child_id \
        relation_child_real_id relation_parent_id relation_parent_real_id remote_ip shipping_amount:n \
        shipping_canceled:n shipping_description shipping_discount_amount:n \
        shipping_discount_tax_compensation_amount:n shipping_incl_tax:n shipping_invoiced:n \
        shipping_refunded:n shipping_tax_amount:n shipping_tax_refunded:n state status \
        store_currency_code store_id:n store_name store_to_base_rate:n store_to_order_rate:n subtotal:n \
        subtotal_canceled:n subtotal_incl_tax:n subtotal_invoiced:n subtotal_refunded:n tax_amount:n \
        tax_canceled:n tax_invoiced:n tax_refunded:n total_canceled:n total_due:n total_invoiced:n \
        total_item_count:n total_offline_refunded:n total_online_refunded:n total_paid:n \
        total_qty_ordered:n total_refunded:n updated_at:d weight:n x_forwarded_for \
        shipping_method=/extension_attributes/shipping_assignments/0/shipping/method \
        send_email:n gift_message_id:n",
);

/// Items of orders.
pub(super) const ITEMS: Entity = table(
    "additional_data amount_refunded:n applied_rule_ids base_amount_refunded:n base_cost:n \
        base_discount_amount:n base_discount_invoiced:n base_discount_refunded:n \
        base_discount_tax_compensation_amount:n base_discount_tax_compensation_invoiced:n \
        base_discount_tax_compensation_refunded:n base_original_price:n base_price:n \
        base_price_incl_tax:n base_row_invoiced:n base_row_total:n base_row_total_incl_tax:n \
        base_tax_amount:n base_tax_before_discount:n base_tax_invoiced:n base_tax_refunded:n \
        base_weee_tax_applied_amount:n base_weee_tax_applied_row_amnt:n base_weee_tax_disposition:n \
        base_weee_tax_row_disposition:n created_at:d description discount_amount:n discount_invoiced:n \
        discount_percent:n discount_refunded:n event_id:n ext_order_item_id free_shipping:n \
        gw_base_price:n gw_base_price_invoiced:n gw_base_price_refunded:n gw_base_tax_amount:n \
        gw_base_tax_amount_invoiced:n gw_base_tax_amount_refunded:n gw_id:n gw_price:n \
        gw_price_invoiced:n gw_price_refunded:n gw_tax_amount:n gw_tax_amount_invoiced:n \
        gw_tax_amount_refunded:n discount_tax_compensation_amount:n discount_tax_compensation_canceled:n \
        discount_tax_compensation_invoiced:n discount_tax_compensation_refunded:n is_qty_decimal:n \
        is_virtual:n item_id:n locked_do_invoice:n locked_do_ship:n name no_discount:n order_id:n \
        original_price:n parent_item_id:n price:n price_incl_tax:n product_id:n product_type \
        qty_backordered:n qty_canceled:n qty_invoiced:n qty_ordered:n qty_refunded:n qty_returned:n \
        qty_shipped:n quote_item_id:n row_invoiced:n row_total:n row_total_incl_tax:n row_weight:n sku \
        store_id:n tax_amount:n tax_before_discount:n tax_canceled:n tax_invoiced:n tax_percent:n \
        tax_refunded:n updated_at:d weee_tax_applied weee_tax_applied_amount:n \
        weee_tax_applied_row_amount:n weee_tax_disposition:n weee_tax_row_disposition:n weight:n",
);

/// Invoices.
pub(super) const INVOICES: Entity = table(
    "base_currency_code base_discount_amount:n base_grand_total:n \
        base_discount_tax_compensation_amount:n base_shipping_amount:n \
        base_shipping_discount_tax_compensation_amnt:n base_shipping_incl_tax:n \
        base_shipping_tax_amount:n base_subtotal:n base_subtotal_incl_tax:n base_tax_amount:n \
        base_total_refunded:n base_to_global_rate:n base_to_order_rate:n billing_address_id:n \
        can_void_flag:n created_at:d discount_amount:n discount_description email_sent:n entity_id:n \
        global_currency_code grand_total:n discount_tax_compensation_amount:n increment_id \
        is_used_for_refund:n order_currency_code order_id:n shipping_address_id:n shipping_amount:n \
        shipping_discount_tax_compensation_amount:n shipping_incl_tax:n shipping_tax_amount:n state:n \
        store_currency_code store_id:n store_to_base_rate:n store_to_order_rate:n subtotal:n \
        subtotal_incl_tax:n tax_amount:n total_qty:n transaction_id updated_at:d send_email:n",
);

/// Shipments.
pub(super) const SHIPMENTS: Entity = table(
    "billing_address_id:n created_at:d customer_id:n email_sent:n entity_id:n increment_id order_id:n \
        shipment_status:n shipping_address_id:n shipping_label store_id:n total_qty:n total_weight:n \
        updated_at:d send_email:n",
);

/// Credit memos.
pub(super) const CREDITMEMOS: Entity = table(
    "adjustment:n adjustment_negative:n adjustment_positive:n base_adjustment:n \
        base_adjustment_negative:n base_adjustment_positive:n base_currency_code base_discount_amount:n \
        base_grand_total:n base_discount_tax_compensation_amount:n base_shipping_amount:n \
        base_shipping_discount_tax_compensation_amnt:n base_shipping_incl_tax:n \
        base_shipping_tax_amount:n base_subtotal:n base_subtotal_incl_tax:n base_tax_amount:n \
        base_to_global_rate:n base_to_order_rate:n billing_address_id:n created_at:d creditmemo_status:n \
        discount_amount:n discount_description email_sent:n entity_id:n global_currency_code \
        grand_total:n discount_tax_compensation_amount:n increment_id invoice_id:n order_currency_code \
        order_id:n shipping_address_id:n shipping_amount:n shipping_discount_tax_compensation_amount:n \
        shipping_incl_tax:n shipping_tax_amount:n state:n store_currency_code store_id:n \
        store_to_base_rate:n store_to_order_rate:n subtotal:n subtotal_incl_tax:n tax_amount:n \
        transaction_id updated_at:d send_email:n",
);

/// Payment transactions. Their id is `transaction_id`, not `entity_id`.
pub(super) const TRANSACTIONS: Entity = table(
    "transaction_id:n parent_id:n order_id:n payment_id:n txn_id parent_txn_id txn_type is_closed:n \
        created_at:d",
);
